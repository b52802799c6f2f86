"""Real diskless nodes on one machine.

paper        names, addresses, what is exported, mount options
image        the node's root and initramfs, made once and kept
root         what the external NFS server holds for the nodes
nfs_server   nfs-ganesha in a machine of namespaces
node, hand   a user-mode Linux node, and the way into it
lab          all of it together
plain        the same with nodes that boot without systemd
detection    how soon a silent NFS server is known
scenario     what a scenario is written with; runner runs them
scenarios/   what goes wrong, a file for each part of the cluster that does
"""
