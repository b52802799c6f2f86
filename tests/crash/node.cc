#include "tests/crash/node.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <sstream>

#include "common/wire/records.h"
#include "tests/crash/answers.h"
#include "tests/crash/nfs_client.h"
#include "tests/crash/services.h"
#include "tests/crash/text.h"
#include "tests/crash/tracer.h"

namespace sn::crash {

namespace fs = std::filesystem;

namespace {

bool run(const std::string& command) { return std::system(command.c_str()) == 0; }

void write_file(const std::string& path, const std::string& text, mode_t mode = 0644) {
  (void)write_all(path, text);
  chmod(path.c_str(), mode);
}

// A directory that the caller gave the name of; the node's first process has it as its root.
constexpr const char* kOldRoot = "/crash/world";

std::string cluster_toml() {
  std::string text;
  for (const auto& [name, host, address, master] :
       {std::array<const char*, 4>{"SN1P", "sn1-eth1", kOld, "00C1A2B34C00"},
        std::array<const char*, 4>{"SN2P", "sn2-eth1", kNew, "00C1A2B34C01"}}) {
    text += std::string("[[service_node]]\nname = \"") + name + "\"\nnode_names = [\"" + host +
            "\", \"" + host + ".cluster.example\"]\naddresses = [\"" + address +
            "/24\"]\nnim_master_id = \"" + master + "\"\n\n";
  }
  text += "[[external_nfs]]\nname = \"nfsha\"\naddresses = [\"10.1.9.9/24\"]\n";
  return text;
}

std::string agent_toml(const std::string& coordinator_key) {
  std::string text = std::string("node = \"") + kNodeName +
                     "\"\nmode = \"act\"\ncoordinators = [\"tcp://" + kManagement + ":" +
                     std::to_string(kPort) + "\"]\ncoordinator_key = \"" + coordinator_key +
                     "\"\nallow_stuck = [\"kill\", \"orphan\"]\nservice_deadline_ms = 2000\n";
  for (const char* name : {"rsyslog"}) {
    text += std::string("\n[[service]]\nname = \"") + name +
            "\"\nstop = [\"/crash/bin/svc\", \"stop\", \"" + name +
            "\"]\nstart = [\"/crash/bin/svc\", \"start\", \"" + name + "\"]\n";
  }
  return text;
}

}  // namespace

// ---------------------------------------------------------------- the world

bool World::make() {
  if (unshare(CLONE_NEWNET | CLONE_NEWNS) != 0) return false;
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
  if (mount("crash", directory_.c_str(), "tmpfs", 0, "mode=755") != 0) return false;
  int ready[2];
  if (pipe(ready) != 0) return false;
  const pid_t holder = fork();
  if (holder == 0) {
    const bool good = unshare(CLONE_NEWNET) == 0;
    (void)!write(ready[1], good ? "+" : "-", 1);
    pause();
    _exit(0);
  }
  char word = 0;
  (void)!read(ready[0], &word, 1);
  close(ready[0]);
  close(ready[1]);
  const std::string process = std::to_string(holder);
  node_network_ = open(("/proc/" + process + "/ns/net").c_str(), O_RDONLY | O_CLOEXEC);
  const bool made = word == '+' && node_network_ >= 0 &&
                    run("ip link set lo up && ip link add sn type veth peer name eth1 netns " +
                        process + " && ip addr add " + kManagement + "/24 dev sn && ip addr add " +
                        kNew + "/24 dev sn && ip link set sn up && nsenter --net=/proc/" + process +
                        "/ns/net sh -c 'ip link set lo up && ip addr add 10.1.1.11/24 dev eth1 && "
                        "ip link set eth1 up'");
  kill(holder, SIGKILL);
  waitpid(holder, nullptr, 0);
  return made && answer_for_service_nodes();
}

bool World::reset_routes() const {
  return run("nsenter --net=/proc/" + std::to_string(getpid()) + "/fd/" +
             std::to_string(node_network_) + " ip -batch - <<'END' 2>/dev/null\n" +
             "route flush table main\n"
             "route add 10.1.1.0/24 dev eth1 proto kernel scope link src 10.1.1.11\n"
             "route add default via " +
             kOld + " metric 100\n" + "route add 10.9.0.0/16 via " + kOld + "\n" +
             "route add 10.8.0.0/16 via 10.1.1.77\n" + "route add 10.7.0.0/16 via " + kOld +
             "\nroute append 10.7.0.0/16 via 10.1.1.77\nEND");
}

bool World::revive_old(bool alive) const {
  const std::string address = std::string(kOld) + "/24 dev sn";
  return run(alive ? "ip addr replace " + address
                   : "ip addr del " + address + " 2>/dev/null || true");
}

// ---------------------------------------------------------------- one node

Node::Node(const World& world, const Programs& programs, const Keys& keys)
    : world_(world), programs_(programs), keys_(keys) {}

Node::~Node() {
  if (commands_ >= 0) close(commands_);
  if (first_ > 0) {
    kill(first_, SIGKILL);
    waitpid(first_, nullptr, __WALL);
  }
}

std::string Node::root() const { return "/proc/" + std::to_string(first_) + "/root"; }

void Node::start_agent() const { (void)!write(commands_, "s", 1); }

bool Node::boot(const std::string& log) {
  int commands[2], ready[2];
  if (pipe2(commands, O_CLOEXEC) != 0 || pipe2(ready, O_CLOEXEC) != 0) return false;
  const pid_t parent = getpid();
  // Like fork, into namespaces of its own.
  const long child = syscall(SYS_clone, CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | SIGCHLD,
                             nullptr, nullptr, nullptr, nullptr);
  if (child < 0) return false;
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close(commands[1]);
    close(ready[0]);
    live(commands[0], ready[1], log);
  }
  (void)parent;
  first_ = static_cast<pid_t>(child);
  commands_ = commands[1];
  close(commands[0]);
  close(ready[1]);
  char word = 0;
  const bool up = read(ready[0], &word, 1) == 1 && word == '+';
  close(ready[0]);
  return up;
}

void Node::live(int commands, int ready, const std::string& log) const {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  // Nobody waits for what is left to the first process.
  signal(SIGCHLD, SIG_IGN);
  signal(SIGUSR1, SIG_DFL);
  const int log_fd = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  const bool up = setns(world_.node_network(), CLONE_NEWNET) == 0 && make_root() && furnish() &&
                  mount_everything() && enter() && sethostname(kNodeName, 5) == 0;
  if (up) {
    for (const auto& daemon : kDaemons) {
      const pid_t svc = fork();
      if (svc == 0) {
        execl("/crash/bin/svc", "svc", "start", std::string(daemon.service).c_str(), nullptr);
        _exit(1);
      }
      while (waitpid(svc, nullptr, 0) > 0) {
      }
    }
  } else {
    dprintf(log_fd, "the node did not come up: %m\n");
  }
  (void)!write(ready, up ? "+" : "-", 1);
  close(ready);
  char command = 0;
  while (read(commands, &command, 1) == 1) {
    if (fork() != 0) continue;
    signal(SIGCHLD, SIG_DFL);
    const int null = open("/dev/null", O_RDWR);
    dup2(null, 0);
    dup2(log_fd, 1);
    dup2(log_fd, 2);
    syscall(SYS_close_range, 3, ~0U, 0);
    if (!trap_changing_calls()) _exit(1);
    setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
    execl("/crash/bin/snagentd", "snagentd", "run", nullptr);
    _exit(1);
  }
  _exit(0);
}

bool Node::make_root() const {
  const std::string at = world_.directory() + "/root";
  fs::create_directories(at);
  if (mount("root", at.c_str(), "tmpfs", 0, "mode=755") != 0) return false;
  for (const char* name : {"dev", "etc", "home", "install", "opt/apps", "proc", "root", "run",
                           "sys", "tmp", "usr", "var/lib/snagent", "crash/bin", "crash/sbin",
                           "crash/empty", "crash/world", "persist", "gone"}) {
    fs::create_directories(at + "/" + name);
  }
  for (const char* name : {"bin", "sbin", "lib", "lib64"}) {
    if (fs::is_symlink(std::string("/") + name)) {
      fs::create_symlink(std::string("usr/") + name, at + "/" + name);
    }
  }
  mknod((at + "/dev/null").c_str(), 0666 | S_IFCHR, makedev(1, 3));
  mknod((at + "/dev/urandom").c_str(), 0666 | S_IFCHR, makedev(1, 9));
  const auto bind = [&](const std::string& from, const std::string& to) {
    return mount(from.c_str(), (at + to).c_str(), nullptr, MS_BIND | MS_REC, nullptr) == 0;
  };
  write_file(at + "/crash/bin/snagentd", "");
  write_file(at + "/crash/bin/svc", "");
  // The first directory of the agent's PATH. What the host has there no node needs.
  fs::create_symlink("/crash/bin/svc", at + "/crash/sbin/" + std::string(kResolvectl));
  return bind("/usr", "/usr") && bind(at + "/crash/sbin", "/usr/sbin") &&
         bind(programs_.agent, "/crash/bin/snagentd") &&
         bind(programs_.services, "/crash/bin/svc") &&
         mount("proc", (at + "/proc").c_str(), "proc", 0, nullptr) == 0 &&
         mount("sys", (at + "/sys").c_str(), "sysfs", MS_RDONLY, nullptr) == 0 &&
         mount("run", (at + "/run").c_str(), "tmpfs", 0, "mode=755") == 0;
}

bool Node::furnish() const {
  const std::string at = world_.directory() + "/root";
  write_file(at + "/etc/passwd", "root:x:0:0::/root:/bin/sh\nsnagent:x:980:980::/:/bin/false\n");
  write_file(at + "/etc/group", "root:x:0:\nadm:x:4:\nnogroup:x:65534:\n");
  write_file(at + "/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n");
  write_file(at + "/etc/snagent/agent.toml", agent_toml(keys_.coordinator_public));
  write_file(at + "/etc/snagent/cluster.toml", cluster_toml());
  write_file(at + "/run/snagent/node.key", keys_.node_secret + "\n", 0600);
  write_file(at + "/etc/hosts",
             std::string("127.0.0.1\tlocalhost\n10.1.1.11\tcn001 cn001.cluster.example\n"
                         "10.1.9.9  nfsha\n") +
                 kOld + "\tsn1-eth1 sn1-eth1.cluster.example\n");
  write_file(at + "/etc/resolv.conf",
             std::string("# of cn001\nsearch cluster.example\nnameserver ") + kOld +
                 "\noptions timeout:1\n");
  write_file(at + "/persist/etc/niminfo",
             std::string("#---- Network Install Manager ----\nexport NIM_NAME=cn001\n"
                         "export NIM_MASTER_HOSTNAME=sn1-eth1\nexport NIM_MASTER_PORT=1058\n"
                         "export NIM_MASTERID=00C1A2B34C00\n"
                         "export SPOT=nfsha:/install/nim/spot/71img/usr\n"
                         "export ROUTES=\" default:0:") +
                 kOld + "\"\n",
             0640);
  write_file(at + "/etc/niminfo", "the file below the bind\n");
  // Attributes that must be kept.
  const std::string resolver = at + "/etc/resolv.conf";
  (void)chown((at + "/persist/etc/niminfo").c_str(), 0, 4);
  (void)setxattr(resolver.c_str(), "trusted.crash", "kept", 4, 0);
  const std::string xcatinfo = std::string("IMAGENAME='deb12'\nXCATSERVER=") + kOld +
                               "\nINSTALLDIR=/install\nNODE=cn001\nREBOOT=no\n";
  write_file(at + "/opt/xcat/xcatinfo", "the file below the other bind\n");
  if (mount("gone", (at + "/gone").c_str(), "tmpfs", 0, nullptr) != 0) return false;
  write_file(at + "/gone/xcatinfo", xcatinfo);
  write_file(at + "/etc/rsyslog.conf", "$IncludeConfig /etc/rsyslog.d/*.conf\n");
  write_file(at + "/etc/rsyslog.d/remote.conf",
             std::string("# to the service node\n*.* @") + kOld + "\n");
  write_file(at + "/etc/auto.master", "/apps /etc/auto.apps\n");
  write_file(at + "/etc/auto.apps", std::string("tools -ro,hard ") + kOld + ":/install/tools\n");
  write_file(at + "/etc/motd", std::string("booted from sn1-eth1 (") + kOld + ")\n");
  for (const char* server : {kOld, kNew}) {
    const std::string install = at + kServers + "/" + server + "/install";
    fs::create_directories(install + "/scratch");
    const std::string copy = server == kOld ? "the old copy\n" : "the new copy\n";
    write_file(install + "/apps/tool", copy);
    write_file(install + "/app.conf", copy);
  }
  write_file(at + kServers + "/10.1.9.9/home/user", "a file of the external server\n");
  write_file(at + "/etc/app.conf", "");
  return true;
}

bool Node::mount_everything() const {
  const std::string at = world_.directory() + "/root";
  const auto bind = [&](const std::string& from, const std::string& to) {
    return mount((at + from).c_str(), (at + to).c_str(), nullptr, MS_BIND, nullptr) == 0;
  };
  // The options name paths of the node, which is entered by then: so in here they are ours.
  return bind("/persist/etc/niminfo", "/etc/niminfo") &&
         bind("/gone/xcatinfo", "/opt/xcat/xcatinfo") &&
         umount2((at + "/gone").c_str(), MNT_DETACH) == 0;
}

bool Node::enter() const {
  const std::string at = world_.directory() + "/root";
  if (syscall(SYS_pivot_root, at.c_str(), (at + kOldRoot).c_str()) != 0) return false;
  if (chdir("/") != 0 || umount2(kOldRoot, MNT_DETACH) != 0) return false;
  const auto nfs = [](const char* source, const char* server, const char* path, const char* place,
                      unsigned long flags) {
    return mount(source, place, "overlay", flags, overlay_options(server, path).c_str()) == 0;
  };
  const auto bind = [](const char* from, const char* to) {
    return mount(from, to, nullptr, MS_BIND, nullptr) == 0;
  };
  return nfs("sn1-eth1:/install", kOld, "/install", "/install", MS_RDONLY | MS_NOSUID) &&
         mount("scratch", "/install/scratch", "tmpfs", 0, "size=1m") == 0 &&
         bind("/install/apps", "/opt/apps") && bind("/install/app.conf", "/etc/app.conf") &&
         nfs("nfsha:/home", "10.1.9.9", "/home", "/home", MS_RDONLY);
}

// ---------------------------------------------------------------- what is seen of it

namespace {

std::string describe_file(const std::string& path) {
  struct stat info{};
  if (lstat(path.c_str(), &info) != 0) return "gone";
  std::ostringstream text;
  text << std::oct << info.st_mode << std::dec << ' ' << info.st_uid << ':' << info.st_gid << ' ';
  std::array<char, 4096> names{};
  const ssize_t size = llistxattr(path.c_str(), names.data(), names.size());
  for (ssize_t i = 0; i < size;
       i += static_cast<ssize_t>(std::string(&names[static_cast<size_t>(i)]).size()) + 1) {
    std::array<char, 256> value{};
    const std::string name(&names[static_cast<size_t>(i)]);
    if (name.starts_with("trusted.overlay")) continue;
    const ssize_t length = lgetxattr(path.c_str(), name.c_str(), value.data(), value.size());
    text << name << '='
         << std::string(value.data(), static_cast<size_t>(std::max<ssize_t>(length, 0))) << ' ';
  }
  if (S_ISREG(info.st_mode)) text << '\n' << read_all(path);
  if (S_ISLNK(info.st_mode)) text << " -> " << fs::read_symlink(path).string();
  return text.str();
}

bool is_temporary(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  return name.starts_with('.') && name.ends_with(".snagent");
}

void walk(const std::string& root, const std::string& directory, Image& image) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(root + directory, error)) {
    const std::string path = directory + "/" + entry.path().filename().string();
    if (is_temporary(path)) {
      image.leftovers.push_back(path);
      continue;
    }
    // What the agent keeps of its own state is looked at elsewhere.
    if (!path.starts_with("/run") && !path.starts_with("/var/lib/snagent")) {
      image.files[path] = describe_file(root + path);
    }
    if (entry.is_directory(error) && !entry.is_symlink(error)) walk(root, path, image);
  }
}

void look_at_mounts(const Node& node, Image& image) {
  std::istringstream table(
      read_all("/proc/" + std::to_string(node.first_process()) + "/mountinfo"));
  std::string line;
  while (std::getline(table, line)) {
    std::istringstream words(as_nfs(line));
    std::string id, parent, device, root, place, attributes, word, type, source, options;
    words >> id >> parent >> device >> root >> place >> attributes;
    while (words >> word && word != "-") {
    }
    words >> type >> source >> options;
    std::string mounted = place;
    for (const auto& part : {attributes, type, source}) mounted += " " + part;
    // Of NFS the source says all; where its file system begins is the server's and the mount's.
    mounted += " " + (type == "nfs" ? options : root);
    image.mounts.push_back(mounted);
  }
  std::sort(image.mounts.begin(), image.mounts.end());
}

void look_at_routes(const Node& node, Image& image) {
  std::istringstream table(
      read_all("/proc/" + std::to_string(node.first_process()) + "/net/route"));
  std::string line;
  std::getline(table, line);
  while (std::getline(table, line)) {
    std::istringstream words(line);
    std::string interface, destination, gateway, flags, references, use, metric, mask;
    words >> interface >> destination >> gateway >> flags >> references >> use >> metric >> mask;
    image.routes.push_back(destination + "/" + mask + " via " + gateway + " " + flags + " metric " +
                           metric);
  }
  std::sort(image.routes.begin(), image.routes.end());
}

void look_at_journal(const std::string& root, Image& image) {
  const std::string text = read_all(root + "/run/snagent/journal");
  auto reader = wire::RecordReader::open(text, {"journal", 2}, "the journal", "");
  if (!reader) image.journal = reader.error().message();
  while (reader) {
    const auto record = reader->next();
    if (!record) image.journal = record.error().message();
    if (!record || !*record) break;  // the end, or torn
    const auto entry = wire::Document::parse(**record, wire::kRecordLimits);
    const auto name = entry ? entry->root().find("t") : std::nullopt;
    image.journal = name ? name->text().value_or("") : "nonsense";
    if (image.journal == "intent") image.past_commit_point = true;
  }
  if (image.journal == "commit") image.past_commit_point = false;
}

// How many processes have each of these names.
void count_processes(const std::string& root, std::map<std::string, int>& names) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(root + "/proc", error)) {
    if (!std::isdigit(static_cast<unsigned char>(entry.path().filename().string()[0]))) continue;
    const std::string text = read_all(entry.path().string() + "/stat");
    const size_t begin = text.find('('), end = text.rfind(')');
    if (end == std::string::npos || end + 2 >= text.size() || text[end + 2] == 'Z') continue;
    const auto found = names.find(text.substr(begin + 1, end - begin - 1));
    if (found != names.end()) ++found->second;
  }
}

void look_at_services(const std::string& root, Image& image) {
  for (const auto& daemon : kDaemons) image.running[std::string(daemon.process)] = 0;
  count_processes(root, image.running);
  for (const auto& [name, count] : image.running) {
    image.uses[name] = read_all(root + uses_file(name));
  }
}

void say(std::string& text, const std::string& line) {
  constexpr size_t kEnough = 4000;
  if (text.size() < kEnough) text += (text.empty() ? "" : "\n") + line;
}

void differ(const std::vector<std::string>& one, const std::vector<std::string>& other,
            const std::string& what, std::string& text) {
  std::vector<std::string> only;
  std::set_difference(one.begin(), one.end(), other.begin(), other.end(), std::back_inserter(only));
  for (const auto& line : only) say(text, what + " missing: " + line);
  only.clear();
  std::set_difference(other.begin(), other.end(), one.begin(), one.end(), std::back_inserter(only));
  for (const auto& line : only) say(text, what + " too much: " + line);
}

}  // namespace

Image look_at(const Node& node) {
  Image image;
  const std::string root = node.root();
  for (const char* top :
       {"/etc", "/opt", "/install", "/home", "/persist", "/run", "/var", "/root"}) {
    walk(root, top, image);
  }
  look_at_mounts(node, image);
  look_at_routes(node, image);
  look_at_journal(root, image);
  look_at_services(root, image);
  return image;
}

std::string processes_text(const std::string& root) {
  std::string text;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(root + "/proc", error)) {
    const std::string pid = entry.path().filename().string();
    if (!std::isdigit(static_cast<unsigned char>(pid[0]))) continue;
    for (const auto& task : fs::directory_iterator(entry.path() / "task", error)) {
      const std::string at = task.path().string();
      std::string stat = read_all(at + "/stat"), stack = read_all(at + "/stack");
      stat = stat.substr(0, stat.find(' ', stat.rfind(')') + 4));
      std::replace(stack.begin(), stack.end(), '\n', ' ');
      text += "    " + stat + "  call " + read_all(at + "/syscall") + "      " + stack + "\n";
    }
  }
  return text;
}

bool runs_in(const std::string& root, const std::string& name) {
  std::map<std::string, int> names{{name, 0}};
  count_processes(root, names);
  return names.at(name) > 0;
}

std::string difference(const Image& one, const Image& other, bool with_services) {
  std::string text;
  for (const auto& [path, content] : one.files) {
    const auto found = other.files.find(path);
    if (found == other.files.end()) {
      say(text, path + " is gone");
    } else if (found->second != content) {
      say(text, path + " is\n" + found->second + "\nand should be\n" + content);
    }
  }
  for (const auto& [path, content] : other.files) {
    if (!one.files.contains(path)) say(text, path + " is new");
  }
  differ(one.mounts, other.mounts, "mount", text);
  differ(one.routes, other.routes, "route", text);
  if (with_services) {
    for (const auto& [name, count] : one.running) {
      const int now = other.running.at(name);
      if (now != count) say(text, std::to_string(now) + " " + name + " run");
      if (other.uses.at(name) != one.uses.at(name)) {
        say(text, name + " runs on:\n" + other.uses.at(name));
      }
    }
  }
  return text;
}

}  // namespace sn::crash
