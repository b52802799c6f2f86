#!/usr/bin/python3 -B
"""The agent by itself: what it may do, and who is believed to be one."""

from pathlib import Path

from cluster import case, wait


class Privileges(case.SystemCase):
    nodes = (1,)

    def test_the_session_is_unprivileged_and_nothing_listens(self) -> None:
        node = self.cluster["cn001"]
        self.assertTrue(node.executor and node.session)
        self.assertEqual(node.executor, node.agent.pid, "the executor is the main process")
        self.assertEqual(_status(node.executor, "Uid")[0], "0")
        self.assertEqual(set(_status(node.session, "Uid")), {"980"})
        self.assertEqual(set(_status(node.session, "Gid")), {"980"})
        for capabilities in ("CapPrm", "CapEff", "CapAmb"):
            self.assertEqual(int(_status(node.session, capabilities)[0], 16), 0, capabilities)
        listening = node.output("ss", "-Hlntup")
        self.assertNotIn("snagentd", listening)
        self.assert_untouched(node)
        self.assertEqual(node.path("/run/snagent/node.key").stat().st_mode & 0o777, 0o600)

    def test_every_file_it_holds_open_is_in_run_or_the_kernels(self) -> None:
        """The part that talks to the coordinator must not depend on a file server."""
        node = self.cluster["cn001"]
        held = {str(link.readlink()) for link in Path(f"/proc/{node.session}/fd").iterdir()}
        files = {path for path in held if path.startswith("/") and not path.startswith(
            ("/run/", "/proc", "/sys/block", "/dev/", str(node.agent.log)))}
        self.assertEqual(files, set())


class WrongKey(case.SystemCase):
    nodes = (1, 2)

    def test_is_not_let_in(self) -> None:
        node = self.cluster["cn002"]
        node.agent.stop()
        self.wait_gone("cn002")
        key = node.path("/run/snagent/node.key")
        good = key.read_bytes()
        key.unlink()
        self.assertNotEqual(node.output("snagentd", "key").strip(), "")
        refused = self.tries_with(node)
        self.assertFalse(refused, "a key that nobody enrolled")
        node.agent.stop()
        key.write_bytes(good)
        node.agent.start()
        self.cluster.wait_connected("cn002")

    def test_is_shut_out_when_it_is_revoked(self) -> None:
        node = self.cluster["cn002"]
        self.assertIn("cn002", self.mn.snctl("keys", "list").text)
        self.mn.snctl("keys", "revoke", "cn002", check=True)
        self.wait_gone("cn002")
        self.assertFalse(self.tries_with(node), "a revoked key")
        self.mn.snctl("keys", "add", "cn002", node.output("snagentd", "key").strip(), check=True)
        self.cluster.wait_connected("cn002")

    def wait_gone(self, name: str) -> None:
        wait.until(f"{name} is not connected", lambda: not self.mn.rows()[name]["connected"])

    def tries_with(self, node: case.Node) -> bool:
        """Whether the coordinator lets the agent in, of several connections that it makes."""
        attempts: set[str] = set()

        def made() -> bool:
            for line in node.output("ss", "-Htna", "dport", "=", ":7400").splitlines():
                attempts.add(line.split()[3])
            return len(attempts) >= 3
        node.agent.start()
        wait.until("the agent has been refused and has tried again", made,
                   state=lambda: f"{attempts}\n{node.agent.text()}")
        return bool(self.mn.rows()[node.name]["connected"])


def _status(pid: int, field: str) -> list[str]:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return line.split()[1:]
    raise AssertionError(f"no {field} of {pid}")


if __name__ == "__main__":
    case.main()
