"""A shared read-only root: every kind of statelite file."""

from ..root import LITEFILE
from ..scenario import Trial, scenario

_SN1P, _SN2P = "10.1.1.100", "10.1.1.101"


@scenario("statelite files as tmpfs, persistent, ro, link and con on a read-only root", ci=True,
          nodes=2)
def statelite_files(trial: Trial) -> None:
    trial.remember()
    node = next(each for each in trial.lab.nodes if each.entry.statelite)
    kept = trial.lab.roots.kept(node.name)

    def binds() -> dict[str, str]:
        """Statelite file -> the mount or the link that it is."""
        lines = node.read("/proc/self/mountinfo").splitlines()
        mounted = {fields[4]: f"{fields[2]} {fields[3]}" for fields in map(str.split, lines)}
        return {path: mounted[path] if "link" not in option
                else node.output("readlink", path).strip() for option, path in LITEFILE}
    was, image = binds(), _image(trial)
    trial.lab.cut(trial.sn1)
    reply = trial.take_over()
    trial.assert_all_verified(reply)
    trial.assert_moved([node])
    trial.assertEqual(binds(), was, "the same binds and links as before")
    trial.assertEqual(_image(trial), image, "the shared image is untouched")
    # tmpfs, con: this node's memory.  persistent: on the server, for the next boot.
    for path in ("/etc/resolv.conf", "/etc/hosts", "/etc/chrony/chrony.conf"):
        trial.assertIn(_SN2P, node.read(path), path)
    for path in ("opt/xcat/xcatinfo", "etc/niminfo"):
        trial.assertIn(_SN2P, (kept / path).read_text(), path)
        trial.assertIn(_SN1P, (kept / "litetree" / path).read_text(), "what it was made of stays")
    # ro: the node cannot change it, and says where it changes.
    trial.assertIn(_SN1P, node.read("/etc/ntp.conf"))
    findings = [finding for finding in trial.result(reply, node.name)["findings"]
                if finding["place"].startswith("/etc/ntp.conf")]
    trial.assertTrue(findings, "the read-only file is named")


def _image(trial: Trial) -> dict[str, bytes]:
    etc = trial.lab.roots.room / "image" / "etc"
    return {str(path): path.read_bytes() for path in etc.rglob("*")
            if path.is_file() and not path.is_symlink()}
