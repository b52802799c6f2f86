set -e
mount --make-rprivate /
mount -t tmpfs -o size=64k t /tmp/w/torn/mnt
R=/tmp/w/torn/mnt/root; mkdir -p $R
# root tree on its own tmpfs with space
mount -t tmpfs r $R; mkdir -p $R/etc
mkdir /tmp/w/torn/mnt/st
mount -t tmpfs -o size=16k s /tmp/w/torn/mnt/st
cat > /tmp/w/torn/cluster.toml <<T
[[service_node]]
name = "SN1P"
node_names = ["sn1"]
addresses = ["10.1.1.100/24"]
[[service_node]]
name = "SN2P"
node_names = ["sn2-with-a-name"]
addresses = ["10.1.1.101/24"]
[[node]]
names = "cn001"
service_nodes = ["SN1P","SN2P"]
T
echo cn001 > $R/etc/hostname
echo "10.1.1.11 cn001" > $R/etc/hosts
f=/tmp/w/torn/mnt/st/resolv.conf
{ echo "nameserver 10.1.1.100"; echo "search a.example"; } > $R/etc/resolv.conf
# a statelite-like file: hosts lies on a small tmpfs and is bind mounted
h=/tmp/w/torn/mnt/st/hosts
python3 - $h <<'P'
import sys
s="10.1.1.11 cn001\n10.1.1.100 sn1\n"
i=0
while len(s)<12288-100:
    s+="10.2.%d.%d n%04d\n"%(i//250,i%250,i); i+=1
last="10.3.0.1 the-last-one-matters\n"
s+="#"+"x"*(12288-len(s)-len(last)-2)+"\n"+last
assert len(s)==12288
open(sys.argv[1],"w").write(s)
P
dd if=/dev/zero of=/tmp/w/torn/mnt/st/fill bs=1k count=64 2>/dev/null || true
touch $R/etc/hosts; mount --bind $h $R/etc/hosts
cp $R/etc/hosts /tmp/w/torn/before
df /tmp/w/torn/mnt/st | tail -1
/tmp/w/bin/snagentd rebind --root $R --cluster /tmp/w/torn/cluster.toml --from SN1P --to SN2P || echo exit $?
diff /tmp/w/torn/before $R/etc/hosts || true
ls -la $R/etc
