"""./nicosim tap for who is not root, and what it says where the system does not let it."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tap_case import FAILED, HOST, NICOSIM, TapCase  # noqa: E402

NOBODY = "setpriv --reuid=65534 --regid=65534 --clear-groups"


@unittest.skipIf(shutil.which("unshare") is None or shutil.which("setpriv") is None, "unshare or setpriv is not there")
class Unprivileged(TapCase):
    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0:
            raise unittest.SkipTest("to become somebody else one must be root; who is not root runs all tests like this")
        super().setUpClass()

    def setUp(self):
        # The program where everybody may read it, whatever the rights of the build folder.
        self.folder = tempfile.mkdtemp(prefix="nicosim-nobody-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        os.chmod(self.folder, 0o755)
        shutil.copy(NICOSIM, self.path("nicosim"))
        os.chmod(self.path("nicosim"), 0o755)

    def as_nobody(self, command, before="true", tun_mode="666"):
        """In a mount namespace whose /dev/net/tun has this mode; `before` is root's."""
        script = (f"mkdir -p dev && mount -t tmpfs none dev && mknod -m {tun_mode} dev/tun c 10 200 && "
                  f'mount --bind dev/tun /dev/net/tun || exit 77; {before}; exec "$@" {NOBODY} {command}')
        done = subprocess.run(["unshare", "--mount", "sh", "-c", script], cwd=self.folder, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=100, check=False)
        if done.returncode == 77:
            self.skipTest(f"no /dev/net/tun of one's own: {done.stderr.strip()}")
        return done

    @unittest.skipIf(shutil.which("ping") is None, "ping is not installed")
    def test_UsersAreServedWhereTheyMayMakeNamespaces(self):
        with open("/proc/sys/user/max_user_namespaces", encoding="ascii") as file:
            if int(file.read()) == 0:
                self.skipTest("user.max_user_namespaces is 0")
        done = self.as_nobody(f"./nicosim tap --quiet -- sh -c 'ping -q -c 3 -i 0.2 {HOST}; cat /proc/self/uid_map'")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("3 received, 0% packet loss", done.stdout)
        self.assertRegex(done.stdout, r"\n +0 +65534 +1\n")  # root there, nobody here

    def test_WhoMayNotOpenTheDeviceIsToldItsName(self):
        done = self.as_nobody("./nicosim tap --quiet -- true", tun_mode="600")
        self.assertEqual(done.returncode, FAILED)
        self.assertIn("/dev/net/tun", done.stderr)
        self.assertIn("chmod 0666 /dev/net/tun", done.stderr)
        self.assertIn("Permission denied", done.stderr)

    def test_WhereNoNamespaceMayBeMadeTheLimitIsNamed(self):
        for limit in ("user", "net"):
            # Root of a user namespace may lower its limits; without capabilities it then is as good as nobody.
            done = self.as_nobody("unshare --user --map-root-user sh -c '"
                                  f"echo 0 > /proc/sys/user/max_{limit}_namespaces && "
                                  "exec setpriv --bounding-set=-all --inh-caps=-all ./nicosim tap --quiet -- true'")
            self.assertEqual(done.returncode, FAILED, done.stderr)
            self.assertIn(f"none may be made: user.max_{limit}_namespaces = 0", done.stderr)
            self.assertNotIn("No space left", done.stderr)

    def test_WhereTheSystemRefusesThemItSaysWhatWouldHelp(self):
        # The kernel lets nobody make a user namespace from a chroot.
        done = self.as_nobody(f"sh -c 'cd {self.folder}; exec ./nicosim tap --quiet -- true'",
                              before="mkdir root && mount --rbind / root && set -- chroot root")
        if done.returncode == 0:
            self.skipTest("the chroot was none")
        self.assertEqual(done.returncode, FAILED, done.stderr)
        self.assertIn("this system refuses them: Operation not permitted", done.stderr)
        self.assertIn("run it as root, or let users make them", done.stderr)


if __name__ == "__main__":
    unittest.main()
