#include "tests/property/file_generators.h"

#include <vector>

#include "agent/references/environment.h"

namespace sn::agent {

namespace {

using rc::Gen;
using rc::gen::weightedOneOf;
using Text = std::string;

Gen<Text> one_of(std::vector<Text> choices) { return rc::gen::elementOf(std::move(choices)); }

Gen<Text> joined(const std::vector<Gen<Text>>& parts) {
  return rc::gen::exec([parts] {
    Text text;
    for (const auto& part : parts) text += *part;
    return text;
  });
}

Gen<Text> just(Text text) { return rc::gen::just(std::move(text)); }

Gen<Text> blanks() { return one_of({" ", " ", " ", "\t", "  ", " \t "}); }
Gen<Text> maybe_blanks() { return one_of({"", "", "", " ", "\t"}); }

Gen<Text> old_address() {
  return one_of({"10.1.1.100", "10.1.1.100", "10.1.2.100", "fd00:1::100"});
}

Gen<Text> old_host() {
  return one_of({"sn1-eth1", "SN1-eth1", "sn1-eth1.d.example", "sn1-eth1.d.example.", "sn1-hf0",
                 "SN1P", "10.1.1.100", "10.1.1.100", "10.1.2.100", "fd00:1::100"});
}

Gen<Text> new_host() {
  return one_of({"sn2-eth1", "sn2-eth1.d.example", "sn2-hf0", "sn2p", "10.1.1.101", "10.1.2.101",
                 "FD00:1:0::101"});
}

Gen<Text> other_host() {
  return one_of({"nfsha", "10.1.9.9", "sn3-eth1", "10.1.1.102", "SN3P", "mn", "192.168.7.7",
                 "ntp.example", "sn1-eth10", "sn1", "10.1.1.1001", "110.1.1.100", "10.1.1.10",
                 "sn1-eth1-old", "x10.1.1.100", "::1", "127.0.0.1"});
}

Gen<Text> host() {
  return weightedOneOf<Text>({{4, old_host()}, {2, new_host()}, {3, other_host()}});
}

Gen<Text> address() {
  return weightedOneOf<Text>({{4, old_address()},
                              {2, one_of({"10.1.1.101", "10.1.2.101", "fd00:1::101"})},
                              {3, one_of({"10.1.9.9", "10.1.1.102", "8.8.8.8", "10.1.1.1001",
                                          "110.1.1.100", "::1", "fe80::1%eth0"})}});
}

Gen<Text> comment(std::string_view signs) {
  return joined({one_of([&] {
                   std::vector<Text> all;
                   for (const char sign : signs) all.emplace_back(1, sign);
                   return all;
                 }()),
                 one_of({" server sn1-eth1", "nameserver 10.1.1.100", " *.* @10.1.1.100", "", " \"",
                         " /* ", " it's sn1-eth1's (10.1.1.100)"})});
}

// Lines to a file: one line end throughout, mostly; the last one sometimes open.
Gen<Text> file_of(Gen<Text> line) {
  return rc::gen::mapcat(
      rc::gen::container<std::vector<Text>>(std::move(line)), [](const std::vector<Text>& lines) {
        return rc::gen::map(
            rc::gen::pair(one_of({"\n", "\n", "\n", "\r\n"}), rc::gen::arbitrary<bool>()),
            [lines](const std::pair<Text, bool>& shape) {
              Text text;
              for (const auto& one : lines) text += one + shape.first;
              if (shape.second && !text.empty()) text.erase(text.size() - shape.first.size());
              return text;
            });
      });
}

Gen<Text> resolver() {
  return file_of(weightedOneOf<Text>(
      {{6,
        joined({just("nameserver"), blanks(), address(), one_of({"", "", " # x", " 10.1.1.100"})})},
       {1, joined({just(" nameserver "), old_address()})},
       {2, one_of({"search d.example sn1-eth1.d.example", "options timeout:1", "", "nameserver",
                   "sortlist 10.1.1.100/255.255.255.0", "nameserver sn1-eth1"})},
       {1, comment("#;")}}));
}

Gen<Text> hosts() {
  const auto names = rc::gen::map(
      rc::gen::container<std::vector<Text>>(joined(
          {blanks(),
           weightedOneOf<Text>({{3, old_host()}, {1, other_host()}, {1, just("loghost")}})})),
      [](const std::vector<Text>& all) {
        Text text;
        for (const auto& one : all) text += one;
        return text;
      });
  return file_of(weightedOneOf<Text>(
      {{4, joined({maybe_blanks(), old_address(), names, one_of({"", "", " # sn2-eth1"})})},
       {1, joined({just("10.1.1.101"), blanks(),
                   one_of({"sn2-eth1", "sn2-eth1.d.example sn2-eth1", "SN2-ETH1.", "sn2-hf0"})})},
       {1, joined({just("10.1.2.101"), blanks(), just("sn2-hf0")})},
       {2, one_of({"127.0.0.1 localhost", "10.1.9.9\tnfsha", "::1 localhost", "", "10.1.1.7",
                   "not a line", "10.1.1.1001 x", "10.1.1.102 sn3-eth1"})},
       {1, comment("#")}}));
}

Gen<Text> xcatinfo() {
  const auto quoted = [](const Gen<Text>& value) {
    return rc::gen::mapcat(one_of({"", "", "'", "\""}), [value](const Text& quote) {
      return joined({just(quote), value, just(quote)});
    });
  };
  const auto group =
      rc::gen::map(rc::gen::nonEmpty(rc::gen::container<std::vector<Text>>(
                       one_of({"sn1p", "SN1P", "sn2p", "sn3p", "sn1-eth1", "x", " sn9", ""}))),
                   [](const std::vector<Text>& all) {
                     Text text;
                     for (const auto& one : all) text += (text.empty() ? "" : ",") + one;
                     return text;
                   });
  return file_of(weightedOneOf<Text>(
      {{4, joined({maybe_blanks(), just("XCATSERVER="), quoted(host()), maybe_blanks()})},
       {2, joined({just("SERVICEGROUP="), quoted(group)})},
       {1, joined({just("XCATSERVER="), old_host(), one_of({":3001", ":80"})})},
       {2, joined({one_of({"XCATSERVERX=", "NODE=", "HTTPPORT=", "# XCATSERVER="}), host()})},
       {1, one_of({"", "IMAGENAME='x'", "XCATSERVER", "XCATSERVER='sn1"})}}));
}

Gen<Text> niminfo() {
  const auto gap = one_of({" ", " ", "  ", "\n\t", " \\\n "});
  const auto list = [&](Gen<Text> item) {
    return rc::gen::map(rc::gen::container<std::vector<Text>>(joined({std::move(item), gap})),
                        [](const std::vector<Text>& all) {
                          Text text = " ";
                          for (const auto& one : all) text += one;
                          return text;
                        });
  };
  const auto name =
      weightedOneOf<Text>({{4, one_of({"sn1-eth1", "sn1-eth1.d.example", "SN1-ETH1"})},
                           {1, new_host()},
                           {1, other_host()}});
  const auto route =
      joined({one_of({"default:0:", "10.4.0.0:255.255.0.0:"}),
              one_of({"10.1.1.100", "10.1.1.101", "sn1-eth1", "10.1.1.1", "nfsha"})});
  const auto entry = weightedOneOf<Text>(
      {{3, joined({one_of({"10.1.1.100:", "10.1.2.100:", "10.7.7.7:"}), name})},
       {1, just("10.1.1.101:sn2-eth1:sn2-eth1.d.example")},
       {2,
        one_of({"127.0.0.1:loopback:localhost", "10.1.9.9:nfsha", "x", ":", "10.1.1.1001:cn"})}});
  const auto value = weightedOneOf<Text>(
      {{4, joined({one_of({"NIM_MASTER_HOSTNAME=", "NIM_MASTER="}), name})},
       {1, joined({just("NIM_MASTER_HOSTNAME=\""), maybe_blanks(), name, just("\"")})},
       {2, one_of({"NIM_MASTERID=00C1A2B34C00", "NIM_MASTERID=\"00c1a2b34c00\"",
                   "NIM_MASTERID=00D4E5F60A00", "NIM_MASTERID="})},
       {3, joined({just("NIM_HOSTS=\""), list(entry), just("\"")})},
       {1, joined({just("NIM_HOSTS="), entry})},
       {3, joined({just("ROUTES=\""), list(route), just("\"")})},
       {1, joined({just("NIM_CUSTOM=\"c_script -a location="), host(), just(":/nim/x\"")})},
       {2, joined({one_of({"SPOT=", "ROOT=", "DUMP=", "MOUNTS=", "PADMIN_PASSWD="}), host(),
                   just(":/export/x")})},
       {2, one_of({"NIM_NAME=cn1", "NIM_SHELL=\"nimsh\"", "X='sn1-eth1'", "EMPTY="})}});
  return file_of(weightedOneOf<Text>({{8, joined({one_of({"export ", "export ", "", "export\t"}),
                                                  value, one_of({"", "", " # sn1-eth1", ";"})})},
                                      {1, comment("#")},
                                      {1, just("")}}));
}

Gen<Text> ntp() {
  return file_of(weightedOneOf<Text>(
      {{6, joined({maybe_blanks(), one_of({"server", "server", "peer", "pool", "SERVER"}), blanks(),
                   one_of({"", "", "-4 ", "-6\t"}), host(),
                   one_of({"", " iburst", "\tkey 1 # sn1-eth1"})})},
       {2, joined({one_of({"restrict ", "restrict -4 ", "restrict\t"}), host(),
                   one_of({"", " nomodify", " mask 255.255.255.255 nomodify notrap",
                           " mask 255.255.255.0 nomodify", " ignore", " noserve # sn1-eth1"})})},
       {2, one_of({"driftfile /var/lib/ntp/drift", "restrict default ignore",
                   "restrict source nomodify", "", "server", "fudge x"})},
       {1, comment("#")}}));
}

Gen<Text> chrony() {
  return file_of(weightedOneOf<Text>(
      {{60, joined({maybe_blanks(), one_of({"server", "server", "peer", "pool", "Server"}),
                    blanks(), host(), one_of({"", " iburst", "\tminpoll 4  maxpoll 6"})})},
       {10, joined({just("initstepslew 30 "), host(), blanks(), host()})},
       {20, one_of({"driftfile /var/lib/chrony/sn1-eth1", "allow 10.1.1.100", "", "server",
                    "rtcsync", "makestep 1 3"})},
       {10, comment("#%!;")},
       {1, one_of({"srever sn1-eth1"})}}));
}

Gen<Text> syslog() {
  const auto selector = one_of({"*.*", "*.*", "mail.*", "auth,authpriv.*", "*.info;mail.none"});
  const auto forward =
      joined({one_of({"@", "@", "@@", "@(o)", "@@(z9,o)", ":omrelp:"}),
              rc::gen::map(host(),
                           [](const Text& one) {
                             return one.find(':') == Text::npos ? one : "[" + one + "]";
                           }),
              one_of({"", "", ":514", ":601;Far", " # sn1-eth1", " rotate 4"})});
  const auto action = joined(
      {one_of({"action(type=\"omfwd\" ", "action( type=\"omrelp\"\n  ",
               "action(name=\"sn1-eth1\" type=\"omfwd\" "}),
       one_of({"target=\"", "Target=\"", "port=\"514\" target=\""}), host(),
       one_of({"\")", "\" port=\"514\")", "\" # \"sn1-eth1\n  template=\"x\")", "\" /* ) */)"})});
  const auto any =
      weightedOneOf<Text>({{3, forward},
                           {2, action},
                           {1, one_of({"/var/log/@10.1.1.100", "stop", "~", ":omusrmsg:*"})}});
  const auto property =
      one_of({":msg, contains, \"@10.1.1.100\" ", ":hostname,!isequal,\"a\\\"b\"\t"});
  const auto condition =
      one_of({"if $msg contains '@sn1-eth1' then ", "if ($a == \"x\") and not ($b > 3) then\n "});
  return file_of(weightedOneOf<Text>(
      {{8, joined({selector, blanks(), any})},
       {3, joined({just("& "), any})},
       {2, joined({property, any})},
       {3, joined({condition, any})},
       {1, joined({condition, any, just("\nelse "), any})},
       {2, joined({condition, just("{\n"), any, just("\n"), any, just("\n}")})},
       {2, action},
       {1, joined({just("action(type=\"omfwd\" target=[\""), host(), just("\", \""), host(),
                   just("\"])")})},
       {1, joined({just("*.info;\\\n  mail.none \\\n "), forward})},
       {2, joined({just("action(type=\"omfwd\" target=[\""), host(), just("\", \""), host(),
                   just("\"] port=[\"514\", \"601\"] StreamDriverPermittedPeers=\""), host(),
                   one_of({"\")", ",x\")", ",sn2-eth1\")"})})},
       {3, one_of({"$ActionQueueFileName a", "$ActionSendStreamDriverPermittedPeer sn1-eth1",
                   "$ActionSendStreamDriverMode 1", "$ActionResumeRetryCount -1"})},
       {2,
        one_of({"$template T,\"@10.1.1.100\"", "module(load=\"imuxsock\")", "",
                "template(name=\"t\" type=\"string\" string=\"@sn1-eth1\")", "/* *.* @sn1-eth1\n*/",
                "set $.x = \"sn1-eth1\";", "ruleset(name=\"r\") { stop }"})},
       {1, comment("#")}}));
}

// "[...]" around an IPv6 address, as in front of a path.
Gen<Text> mount_host() {
  return rc::gen::map(
      host(), [](const Text& one) { return one.find(':') == Text::npos ? one : "[" + one + "]"; });
}

Gen<Text> mount_path() { return one_of({"/x", "/x", "/y", "/sn1-eth1", "/a\\040b", "/&", ""}); }

Gen<Text> mount_options() {
  return joined(
      {one_of({"ro", "ro", "ro,hard", "soft,ro", "rw", "rw,ro", "hard", "ro,rw"}),
       one_of({"", "", "", ",addr=10.1.1.100", ",mountaddr=10.1.2.100,tcp", ",mounthost=sn1-hf0",
               ",clientaddr=10.1.1.100", ",addr=10.1.9.9", ",context=\"a,addr=10.1.1.100\""})});
}

Gen<Text> mount_hosts() {
  const auto weight = one_of({"", "", "", "(1)", "(20)", "("});
  return weightedOneOf<Text>(
      {{4, mount_host()},
       {2, joined({mount_host(), weight, just(","), mount_host(), weight})},
       {1, joined({mount_host(), just(","), mount_host(), just(","), mount_host(), weight})}});
}

Gen<Text> fstab() {
  return file_of(weightedOneOf<Text>(
      {{8, joined({maybe_blanks(), mount_hosts(), just(":"), mount_path(), blanks(),
                   one_of({"/x", "/y"}), blanks(), one_of({"nfs", "nfs", "nfs4", "ext4"}), blanks(),
                   mount_options(), one_of({"", " 0 0", "\t0 0 "})})},
       {2, one_of({"proc /proc proc rw 0 0", "", "sn1-eth1:/x /x", "sn1-eth1:/x /x nfs", "x"})},
       {1, joined({just("#"), mount_host(), just(":/x /x nfs ro 0 0")})}}));
}

Gen<Text> autofs() {
  const auto location = joined({mount_hosts(), just(":"), mount_path()});
  const auto gap = one_of({" ", " ", "\t", " \\\n  ", "\\\n", " # "});
  const auto place =
      weightedOneOf<Text>({{5, location},
                           {2, joined({location, gap, location})},
                           {1, joined({just("\""), location, one_of({"\"", " z\"", ""})})},
                           {1, one_of({":/dev/sda", "sn1-eth1", "://sn1-eth1/x"})}});
  const auto options =
      joined({just("-"), one_of({"", "", "", "fstype=nfs4,", "fstype=autofs,"}), mount_options()});
  const auto map =
      joined({one_of({"x", "*", "/a/b", "sn1-eth1", "\"k 1\"", "&"}), gap, options, gap, place});
  const auto master =
      joined({one_of({"/home", "/-", "+"}), one_of({" ", "\t"}),
              one_of({"ldap:", "ldap://", "ldaps,sun:", "multi:ldap:", "yp:", "/etc/auto.", ""}),
              mount_host(), one_of({":ou=a", ":389/ou=a", "/ou=a", ",ou=a", ""})});
  return file_of(weightedOneOf<Text>({{60, map},
                                      {20, joined({just("m"), gap, options, gap, just("/a "),
                                                   location, gap, just("/b -rw "), location})},
                                      {60, master},
                                      {10, one_of({"", "+auto.master", "/net -hosts", "x"})},
                                      {1, one_of({"#!/bin/sh", "x rhost:=sn1-eth1;rfs:=/x"})},
                                      {10, joined({just("# x -ro "), location})}}));
}

Gen<Text> statelite() {
  return file_of(weightedOneOf<Text>(
      {{8, joined({one_of({"cn1", "cn10", " cn1"}), just("|"), maybe_blanks(), host(), just("|"),
                   one_of({"/lt", "/lt", "/persist", "sn1-eth1"}), just("|"), mount_options()})},
       {3, joined({mount_hosts(), just(":/lt")})},
       {1, one_of({"", "cn1|10.1.1.100", "cn1|10.1.1.100|/lt", "/local", "|||"})},
       {1, joined({just("#cn1|"), host(), just("|/lt|ro")})}}));
}

// Items of a list of servers, with what resolved.conf(5) and the like let stand behind a host.
Gen<Text> server_list(const Text& separator, const Gen<Text>& behind) {
  return rc::gen::map(rc::gen::container<std::vector<Text>>(joined({host(), behind})),
                      [separator](const std::vector<Text>& all) {
                        Text text;
                        for (const auto& one : all) text += one + separator;
                        return text;
                      });
}

Gen<Text> systemd_servers(const Text& section, const std::vector<Text>& keys) {
  const auto behind = one_of({"", "", "", "#sn1-eth1", "#x", "%eth0"});
  return file_of(weightedOneOf<Text>(
      {{3, just("[" + section + "]")},
       {8, joined({one_of(keys), one_of({"=", " = "}), server_list(" ", behind)})},
       {1, one_of({"[Other]", "", "Domains=sn1-eth1", "DNS", "=10.1.1.100", "DNS=x \\"})},
       {1, comment("#;")}}));
}

Gen<Text> network_manager() {
  return file_of(weightedOneOf<Text>(
      {{3, one_of({"[ipv4]", "[ipv6]", "[global-dns-domain-*]"})},
       {8, joined({one_of({"dns=", "dns=", "servers="}), server_list(";", just(""))})},
       {1, one_of({"[connection]", "id=sn1-eth1", "address1=10.1.1.9/24,10.1.1.100", ""})},
       {1, comment("#")}}));
}

Gen<Text> netconfig() {
  return file_of(weightedOneOf<Text>(
      {{6, joined({one_of({"NETCONFIG_DNS_STATIC_SERVERS=\"", "NETCONFIG_NTP_STATIC_SERVERS=\""}),
                   server_list(" ", just("")), just("\"")})},
       {1, joined({just("NETCONFIG_DNS_STATIC_SERVERS="), host()})},
       {1, one_of({"NETCONFIG_DNS_POLICY=\"auto\"", "", "X='sn1-eth1'"})},
       {1, comment("#")}}));
}

Gen<Text> dnsmasq() {
  return file_of(weightedOneOf<Text>(
      {{8, joined({one_of({"server=", "server = /d.example/", "local=/x/y/",
                           "rev-server=10.1.0.0/16,"}),
                   host(), one_of({"", "", "#5353", "@eth1", " # sn1-eth1"})})},
       {2, one_of({"address=/sn1/10.1.1.100", "no-resolv", "server=/local/", "",
                   "conf-dir=/etc/dnsmasq.d,.bak", "listen-address=10.1.1.100"})},
       {1, comment("#")}}));
}

Gen<Text> unbound() {
  return file_of(weightedOneOf<Text>(
      {{3, one_of({"forward-zone:", "stub-zone:", "server:"})},
       {8, joined({one_of({"  forward-addr: ", "\tstub-addr: ", "forward-host: ", "primary: "}),
                   host(), one_of({"", "", "@853", "@853#sn1-eth1", " # 10.1.1.100"})})},
       {2, one_of({"  name: \".\"", "interface: 10.1.1.100", "", "include: \"/x\""})},
       {1, comment("#")}}));
}

Gen<Text> syslog_ng() {
  const auto driver =
      joined({one_of({"udp(\"", "tcp(\"", "network(\"", "syslog(\""}), host(), just("\""),
              one_of({"", " port(514)", " port(601) transport(\"tcp\")",
                      " failover(servers(\"sn1-eth1\", \"x\"))"}),
              one_of({");", ") ;"})});
  return file_of(weightedOneOf<Text>(
      {{6, joined({just("destination d { "), driver, one_of({" ", "\n  "}), driver, just(" };")})},
       {2, joined({just("@define h \""), host(), just("\"")})},
       {2, one_of({"log { source(s); destination(d); };", "@include \"x\"", "",
                   "source s { udp(ip(\"10.1.1.100\")); };", "destination e { file(\"/x\"); };"})},
       {1, comment("#")}}));
}

Gen<Text> mount_unit() {
  const auto nfs =
      joined({just("What="), mount_hosts(), just(":/x\nType=nfs\nOptions="), mount_options()});
  const auto other = joined(
      {one_of({"What=//", "What=u@"}), host(), one_of({"/x\nType=cifs", ":/x\nType=fuse.sshfs"})});
  return joined({just("[Unit]\nDescription=sn1-eth1\n[Mount]\nWhere=/x\n"),
                 weightedOneOf<Text>({{2, nfs}, {2, other}, {1, just("What=/dev/sda\nType=ext4")}}),
                 one_of({"", "\n"})});
}

Gen<Text> named() {
  const auto entry =
      joined({host(), one_of({"; ", "; ", " port 5353; ", "; // 10.1.1.100\n", ";;"})});
  return file_of(weightedOneOf<Text>(
      {{6,
        joined({one_of({"forwarders { ", "forwarders port 53 {", "primaries p { ", "masters {\n"}),
                entry, entry, one_of({"};", " } ;"})})},
       {2, one_of({"options {", "};", "zone \"x\" { type slave; };", "", "forward only;",
                   "include \"/x\";", "listen-on { 10.1.1.100; };", "/* sn1-eth1 */"})},
       {1, comment("#")}}));
}

Gen<Text> network_files() {
  return file_of(weightedOneOf<Text>(
      {{8, joined({one_of({"GATEWAY=", "DNS1=\"", "10.2.0.0/16 via ", "default ", "  gateway ",
                           "- via: ", "prepend domain-name-servers ", "up route add -host "}),
                   host(), one_of({"", "\"", ";", " dev eth1", "/32", " # sn1-eth1"})})},
       {2, one_of({"[Network]", "IPADDR=10.1.1.9", "", "10.1.1.100 10.1.1.1", "to: 10.1.1.100"})},
       {1, comment("#;")}}));
}

}  // namespace

rc::Gen<std::string> file_of_kind(std::string_view kind) {
  if (kind == "resolver" || kind == "resolvconf") return resolver();
  if (kind == "named") return named();
  if (kind == "network") return network_files();
  if (kind == "hosts") return hosts();
  if (kind == "xcatinfo") return xcatinfo();
  if (kind == "niminfo") return niminfo();
  if (kind == "ntp") return ntp();
  if (kind == "chrony") return chrony();
  if (kind == "fstab") return fstab();
  if (kind == "autofs") return autofs();
  if (kind == "statelite") return statelite();
  if (kind == "resolved") return systemd_servers("Resolve", {"DNS", "DNS", "FallbackDNS"});
  if (kind == "timesyncd") return systemd_servers("Time", {"NTP", "FallbackNTP"});
  if (kind == "networkmanager") return network_manager();
  if (kind == "netconfig") return netconfig();
  if (kind == "dnsmasq") return dnsmasq();
  if (kind == "unbound") return unbound();
  if (kind == "syslog-ng") return syslog_ng();
  if (kind == "mount-unit") return mount_unit();
  return syslog();
}

rc::Gen<std::string> path_of_kind(const FileKind& kind) {
  auto paths = kind.paths();
  std::erase_if(paths, [](const std::string& path) {
    return is_environment(path) || path == "/etc/autofs.conf";
  });
  return rc::gen::elementOf(paths);
}

}  // namespace sn::agent
