"""Runs in the private network: one echo request of each size, and some that need fragments; each answer is compared.

usage: ping_sizes.py HOST
"""

import os
import socket
import struct
import sys

FRAGMENTED = (1473, 1480, 1481, 2953, 2960, 3000, 4433, 8000, 16_383, 32_768, 65_000, 65_507)


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def main():
    host = sys.argv[1]
    echo = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    echo.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    echo.settimeout(20)
    sizes = list(range(1473)) + list(FRAGMENTED)
    for number, size in enumerate(sizes):
        data = os.urandom(size)
        head = struct.pack("!2H", 77, number)
        echo.sendto(struct.pack("!2BH", 8, 0, checksum(b"\x08\0\0\0" + head + data)) + head + data, (host, 0))
        while True:
            packet = echo.recv(65_535)
            message = packet[(packet[0] & 15) * 4:]
            if message[0] == 0 and message[4:8] == head:
                break
        if message[8:] != data or checksum(message) != 0:
            sys.exit(f"the answer to {size} bytes is another one")
    print(f"all 1473 sizes and {len(FRAGMENTED)} fragmented ones came back")


main()
