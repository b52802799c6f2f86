"""A whole cluster on one machine, made of namespaces and real daemons.

world            the one place where the machine's own namespaces are left, for good
host             one machine: its namespaces, its root tree, its processes
network          bridges, cables, and the scissors
tree             what lies on a machine's root file system
daemon           a process that is started again when it ends
node, service_node, management_node
                 the three kinds of machine
inventory        the cluster on paper: names, addresses, who belongs to whom
cluster          all of it together
wait             the only way to wait: a condition and a deadline
case             what a system test is written with

Nothing here needs to be cleaned up.  Every process, mount, network interface and file of a
cluster lives in namespaces whose first process dies with the test: however the test ends, even by
SIGKILL, the kernel takes everything down.
"""
