"""Runs in the private network: frames that no kernel sends, and what comes back. One line each on stdout, as JSON.

usage: odd_frames.py HOST INTERFACE
"""

import json
import logging
import os
import sys

logging.getLogger("scapy.runtime").setLevel(logging.ERROR)
from scapy.all import ICMP, IP, TCP, UDP, Ether, Raw, conf, fragment, sendp, srp1  # noqa: E402

HOST, INTERFACE = sys.argv[1:3]
MAC = "02:00:00:00:00:01"
conf.verb = 0
conf.iface = INTERFACE


def ask(packet, silence=False):
    """The answer. Where there should be none, not much time is spent on waiting for it."""
    return srp1(Ether(dst=MAC) / packet, iface=INTERFACE, timeout=0.3 if silence else 10)


def say(name, answer):
    if answer is None:
        print(json.dumps([name, None]))
    elif TCP in answer:
        print(json.dumps([name, "TCP " + str(answer[TCP].flags)]))
    else:
        print(json.dumps([name, answer[IP].summary().split(" > ")[1].split(" ", 1)[1]]))


def send_last(frames, **others):
    """All but the last are only sent; the answer to the last."""
    for frame in frames[:-1]:
        sendp(Ether(dst=MAC) / frame, iface=INTERFACE)
    return ask(frames[-1], **others)


def main():
    data = os.urandom(3000)
    say("echo", ask(IP(dst=HOST) / ICMP(id=1) / b"hello"))

    # The last fragment first. The kernel here puts the answer together only for its own sockets: look at its first part.
    parts = fragment(IP(dst=HOST, id=4711) / ICMP(id=2) / data, fragsize=1480)
    say("reversed fragments", send_last(parts[::-1]))

    whole = bytes(ICMP(id=3) / data[:1600])
    say("overlapping fragments", send_last([
        IP(dst=HOST, id=4712, proto=1, flags="MF", frag=0) / Raw(whole[:808]),
        IP(dst=HOST, id=4712, proto=1, flags="MF", frag=100) / Raw(whole[800:1200]),
        IP(dst=HOST, id=4712, proto=1, frag=150) / Raw(whole[1200:])], silence=True))

    say("bad IP checksum", ask(IP(dst=HOST, chksum=0x1234) / ICMP(id=4) / b"hello", silence=True))
    say("bad ICMP checksum", ask(IP(dst=HOST) / ICMP(id=5, chksum=0x1234) / b"hello", silence=True))
    say("bad UDP checksum", ask(IP(dst=HOST) / UDP(sport=5000, dport=7, chksum=0x1234) / b"hello", silence=True))
    say("no UDP checksum", ask(IP(dst=HOST) / UDP(sport=5001, dport=7, chksum=0) / b"hello"))
    say("bad TCP checksum", ask(IP(dst=HOST) / TCP(sport=5002, dport=80, flags="S", chksum=0x1234), silence=True))

    for name, flags, answers in (("no flags", 0, "closed"), ("FIN", "F", "closed"), ("Xmas", "FPU", "closed"),
                                 ("SYN and FIN", "SF", "closed"), ("SYN and RST", "SR", "neither"),
                                 ("ACK", "A", "open closed"), ("SYN", "S", "open closed")):
        for state, sport, dport in (("open", 5003, 80), ("closed", 5004, 81)):
            packet = IP(dst=HOST) / TCP(sport=sport, dport=dport, flags=flags, seq=1, ack=1)
            say(f"{name} to an {state} port".replace("an c", "a c"), ask(packet, silence=state not in answers))
    say("UDP to a closed port", ask(IP(dst=HOST) / UDP(sport=5005, dport=81) / b"hello"))
    say("short IP header", ask(IP(dst=HOST, ihl=4) / ICMP(id=6), silence=True))
    say("IP version 5", ask(IP(dst=HOST, version=5) / ICMP(id=7), silence=True))


main()
