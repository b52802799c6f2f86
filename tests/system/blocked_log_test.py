#!/usr/bin/python3 -B
"""The node's syslog hangs because it sends to the dead service node over TCP."""

from cluster import case, wait

# No queue and retries for ever: a program that logs waits for the connection.
BLOCKING = """\
# xCAT settings START
$ActionQueueType Direct
$ActionResumeRetryCount -1
$ActionResumeInterval 1
*.* @@10.1.1.100
# xCAT settings END
"""

# Logs until it hangs: then the dead connection's buffer is full, and rsyslogd waits in send().
FILL = """\
import socket
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.connect("/dev/log")
log.settimeout(1)
try:
    while True:
        log.send(b"<13>filler: " + b"x" * 7000)
except TimeoutError:
    print("hangs")
"""


class BlockedLog(case.SystemCase):
    nodes = (1,)

    def test_the_agent_does_not_wait_for_it(self) -> None:
        node = self.cluster["cn001"]
        node.write("/etc/rsyslog.d/remote.conf", BLOCKING)
        # The main queue is direct as well, so that it is not the queue that takes the lines.
        node.write("/etc/rsyslog.conf", "$MainMsgQueueType Direct\n" +
                   node.read("/etc/rsyslog.conf"))
        node.restart("rsyslog")
        self.assert_log_arrives(node, self.sn1)
        self.before["cn001"] = case.Before(node)
        self.cluster.cut(self.sn1)
        self.assertEqual(node.output("/usr/bin/python3", "-c", FILL), "hangs\n")
        wait.until("logger hangs", lambda: not node.log("a program that logs", deadline_s=1))

        reply = self.takeover("SN1P")
        self.assert_exit(reply, case.VERIFIED)
        self.assertEqual(node.read("/etc/rsyslog.d/remote.conf"),
                         BLOCKING.replace("10.1.1.100", "10.1.1.101"))
        self.assert_bound(node, self.sn2, except_for=("/etc/rsyslog.d/remote.conf",))


if __name__ == "__main__":
    case.main()
