// snctl: what the administrator types. The command line and nothing else; a verb is a file.
#include <CLI/CLI.hpp>
#include <cstdlib>
#include <functional>

#include "common/base/nearest.h"
#include "common/model/node_list.h"
#include "common/net/curve_keys.h"
#include "coordinator/snctl/text.h"
#include "coordinator/snctl/verbs.h"

namespace {

using namespace sn;
using namespace sn::coordinator;

constexpr int kUsage = 2;

// What the command line was understood as.
struct CommandLine {
  Terminal terminal;
  std::function<int()> verb;
  TakeoverCommand takeover;
  std::string nodes;
  std::string without;
  std::string timeout = "60s";
  std::string stuck = "keep";
  std::string group;
  std::string id;
  bool all_at_once = false;
  AskOptions ask;
  bool diff = true;
  ShowOptions show;
  WatchOptions watch;
  bool check = false;
  std::string name;
  std::string key;
  bool feed = false;
  std::string file;
};

int usage_error(const Error& error) {
  print_error("snctl: " + error.message() + "\n");
  return kUsage;
}

int with_nodes(const CommandLine& line, const std::function<int(std::vector<std::string>)>& verb) {
  auto nodes = expand_node_list(line.nodes);
  if (!nodes) return usage_error(nodes.error());
  return verb(std::move(*nodes));
}

// Completes a TakeoverCommand from the texts of the command line, then goes on with `verb`.
int with_takeover(CommandLine& line, const std::function<int()>& verb) {
  if (!line.nodes.empty()) {
    auto nodes = expand_node_list(line.nodes);
    if (!nodes) return usage_error(nodes.error());
    line.takeover.nodes = std::move(*nodes);
  }
  if (!line.without.empty()) {
    auto nodes = expand_node_list(line.without);
    if (!nodes) return usage_error(nodes.error());
    line.takeover.without = std::move(*nodes);
  }
  for (const auto policy : {StuckPolicy::keep, StuckPolicy::orphan, StuckPolicy::kill}) {
    if (to_string(policy) == line.stuck) line.takeover.stuck = policy;
  }
  const auto timeout = parse_duration(line.timeout);
  if (!timeout) return usage_error(timeout.error());
  line.takeover.timeout_ms = *timeout;
  if (line.all_at_once) line.takeover.waves = {0, 0, 0};
  return verb();
}

// Of a failback: a takeover's id, or the service node that everything goes back to.
int with_failback(CommandLine& line, const std::function<int()>& verb) {
  const auto number = takeover_number(line.id);
  if (number && *number != 0) {
    line.takeover.undoes = *number;
  } else {
    line.takeover.back_to = line.id;
  }
  return with_takeover(line, verb);
}

void add_nodes_option(CLI::App& verb, CommandLine& line) {
  // An empty shell variable must not mean every node.
  verb.add_option("--nodes", line.nodes, "only these: cn[001-008,020]")
      ->check([](const std::string& list) {
        return list.empty() ? std::string("an empty list; leave the option out for every node")
                            : std::string();
      });
}

void add_wave_options(CLI::App& verb, CommandLine& line) {
  constexpr uint32_t kMost = 1'000'000;
  Waves& waves = line.takeover.waves;
  const std::vector<CLI::Option*> each = {
      verb.add_option("--canary", waves.canary,
                      "nodes of each plan group that go first, alone (1)"),
      verb.add_option("--window", waves.window, "nodes under way at a time (200); 0: no limit"),
      verb.add_option("--max-failures", waves.max_failures,
                      "stop when as many ended worse than planned (5); 0: never")};
  auto* all = verb.add_flag("--all-at-once", line.all_at_once, "no canary, no window, no stop");
  for (CLI::Option* option : each) option->check(CLI::Range(0U, kMost))->excludes(all);
}

void add_going_options(CLI::App& verb, CommandLine& line) {
  verb.add_flag("--yes,-y", line.ask.yes, "do not ask");
  verb.add_flag("--diff", line.ask.diff, "show what each group would change, above the question");
  verb.add_option("--timeout", line.timeout,
                  "how long to wait for those that were told last: 60s, 2m");
  add_wave_options(verb, line);
}

void add_force_option(CLI::App& verb, CommandLine& line) {
  verb.add_flag("--force", line.takeover.force,
                "with --yes: also to a service node without names or files for the nodes");
}

void add_takeover_options(CLI::App& verb, CommandLine& line) {
  verb.add_option("SN", line.takeover.from, "the service node to leave")->required();
  verb.add_option("--to", line.takeover.to, "another target than each node's own backup");
  add_nodes_option(verb, line);
  verb.add_option("--without", line.without, "all but these: cn007");
  verb.add_flag("--rest", line.takeover.rest,
                "only those that an older takeover left where they were");
  auto* planned =
      verb.add_flag("--planned", line.takeover.planned, "the service node is alive, and lives on");
  verb.add_flag("--fenced", line.takeover.fenced,
                "you vouch that it is switched off or isolated, whatever answers")
      ->excludes(planned);
  verb.add_flag("--strict", line.takeover.strict,
                "leave a node untouched if anything of it can't be moved");
  verb.add_option("--stuck", line.stuck,
                  "mounts that processes hang on: keep (default), orphan, or kill the processes")
      ->check(CLI::IsMember({"keep", "orphan", "kill"}));
}

void add_takeover(CLI::App& app, CommandLine& line) {
  auto* verb = app.add_subcommand("takeover", "bind every node of a service node to its backup");
  add_takeover_options(*verb, line);
  verb->add_flag("--dry-run", line.takeover.dry_run, "the same as snctl plan");
  add_force_option(*verb, line);
  add_going_options(*verb, line);
  verb->callback([&line] {
    line.verb = [&line] {
      return with_takeover(line, [&line] {
        return line.takeover.dry_run ? plan(line.terminal, line.takeover, line.group)
                                     : takeover(line.terminal, line.takeover, line.ask);
      });
    };
  });
}

void add_plan(CLI::App& app, CommandLine& line) {
  auto* verb = app.add_subcommand("plan", "show what a takeover would do; changes nothing");
  add_takeover_options(*verb, line);
  verb->add_option("--group", line.group, "every line of one group");
  verb->callback([&line] {
    line.verb = [&line] {
      return with_takeover(line,
                           [&line] { return plan(line.terminal, line.takeover, line.group); });
    };
  });
}

void add_rehearse(CLI::App& app, CommandLine& line) {
  auto* verb = app.add_subcommand(
      "rehearse", "stage a takeover on the nodes and take it away again; changes nothing");
  add_takeover_options(*verb, line);
  verb->add_option("--group", line.group, "every line of one group");
  verb->callback([&line] {
    line.verb = [&line] {
      return with_takeover(line,
                           [&line] { return rehearse(line.terminal, line.takeover, line.group); });
    };
  });
}

void add_failback(CLI::App& app, CommandLine& line) {
  auto* verb = app.add_subcommand(
      "failback", "put the nodes of a takeover, or of a service node, back where they were");
  verb->add_option("ID", line.id, "T17; or SN1P: all that was moved off it")->required();
  add_nodes_option(*verb, line);
  verb->add_flag("--dry-run", line.takeover.dry_run, "show what would be done");
  verb->add_option("--group", line.group, "with --dry-run: every line of one group");
  add_going_options(*verb, line);
  verb->callback([&line] {
    line.verb = [&line] {
      return with_failback(line, [&line] {
        return line.takeover.dry_run ? plan(line.terminal, line.takeover, line.group)
                                     : takeover(line.terminal, line.takeover, line.ask);
      });
    };
  });
}

void add_steering(CLI::App& app, CommandLine& line) {
  auto* abort_verb =
      app.add_subcommand("abort", "stop: tell no more nodes; those already told finish");
  abort_verb->add_option("ID", line.id, "T17")->required();
  abort_verb->callback(
      [&line] { line.verb = [&line] { return abort_takeover(line.terminal, line.id); }; });
  auto* resume_verb =
      app.add_subcommand("resume", "retry every node of a takeover that is not verified");
  resume_verb->add_option("ID", line.id, "T17")->required();
  add_nodes_option(*resume_verb, line);
  resume_verb->add_option("--without", line.without, "all but these: cn007");
  auto* stuck = resume_verb->add_option("--stuck", line.stuck, "as of snctl takeover, from now on")
                    ->check(CLI::IsMember({"keep", "orphan", "kill"}));
  resume_verb->callback([&line, stuck] {
    line.verb = [&line, stuck] {
      return with_takeover(line, [&line, stuck] {
        ResumeCommand command{line.id, "", line.takeover.nodes, line.takeover.without, {}};
        if (stuck->count() > 0) command.stuck = {line.takeover.stuck};
        return resume(line.terminal, command);
      });
    };
  });
  auto* ack = app.add_subcommand("ack", "a drift is meant so: it is not shown until another one");
  ack->add_option("NODES", line.nodes, "cn003, cn[001-008]")->required();
  ack->callback([&line] {
    line.verb = [&line] {
      return with_takeover(line,
                           [&line] { return acknowledge(line.terminal, line.takeover.nodes); });
    };
  });
  auto* clear = app.add_subcommand("clear", "take a node out of quarantine, after the cure");
  clear->add_option("NODE", line.name)->required();
  clear->callback(
      [&line] { line.verb = [&line] { return clear_node(line.terminal, line.name); }; });
}

void add_views(CLI::App& app, CommandLine& line) {
  auto* status_verb = app.add_subcommand("status", "who is not fine, why, and what to type");
  status_verb->add_option("NAME", line.name, "one node or service node");
  status_verb->add_flag("--check", line.check, "exit 4 if anything is not fine, for a monitor");
  status_verb->callback(
      [&line] { line.verb = [&line] { return status(line.terminal, line.name, line.check); }; });

  app.add_subcommand("history", "every takeover, newest first")->callback([&line] {
    line.verb = [&line] { return history(line.terminal); };
  });

  auto* show_verb = app.add_subcommand("show", "one takeover as it stands");
  show_verb->add_option("ID", line.show.takeover, "T17")->required();
  show_verb->add_option("--node", line.show.node,
                        "what happened to one node, with every change and finding");
  show_verb->add_flag("--nodes", line.show.nodes, "every node, a line each");
  show_verb->add_flag("--mentions", line.show.mentions, "what else names the old service node");
  show_verb->callback([&line] { line.verb = [&line] { return show(line.terminal, line.show); }; });

  auto* watch_verb = app.add_subcommand("watch", "events as they happen, or one takeover");
  auto* followed = watch_verb->add_option("ID", line.watch.takeover, "T17: to its end");
  add_nodes_option(*watch_verb, line);
  const auto is_takeover = [](const std::string& id) {
    return takeover_number(id) ? std::string() : "'" + id + "' is no takeover: T17";
  };
  watch_verb->add_option("--takeover", line.watch.of_takeover, "events of this only: T17")
      ->check(is_takeover);
  for (const char* filter : {"--nodes", "--takeover"}) {
    watch_verb->get_option(filter)->excludes(followed);
  }
  watch_verb->callback([&line] {
    line.verb = [&line] {
      return with_takeover(line, [&line] {
        line.watch.nodes = line.takeover.nodes;
        return watch(line.terminal, line.watch);
      });
    };
  });
}

void add_freeze(CLI::App& app, CommandLine& line) {
  app.add_subcommand("freeze", "change no node, until thaw")->callback([&line] {
    line.verb = [&line] { return freeze(line.terminal, true); };
  });
  app.add_subcommand("thaw", "go on after freeze")->callback([&line] {
    line.verb = [&line] { return freeze(line.terminal, false); };
  });
}

void add_table(CLI::App& app, CommandLine& line) {
  auto* table = app.add_subcommand("table", "the coordinator's table of nodes");
  table->require_subcommand(1);
  table->add_subcommand("mend", "count orders by the clock again, when a refusal says so")
      ->callback([&line] { line.verb = [&line] { return mend_table(line.terminal); }; });
}

void add_sn(CLI::App& app, CommandLine& line) {
  auto* group = app.add_subcommand("sn", "service nodes");
  group->require_subcommand(1);
  auto* clear = group->add_subcommand("clear", "it is well again: no longer failed");
  clear->add_option("SN", line.name)->required();
  clear->add_flag("--yes,-y", line.ask.yes, "also if it does not answer: do not ask");
  clear->callback([&line] {
    line.verb = [&line] { return clear_service_node(line.terminal, line.name, line.ask.yes); };
  });
}

void add_keys(CLI::App& app, CommandLine& line) {
  auto* group = app.add_subcommand("keys", "which CURVE keys may connect");
  group->require_subcommand(1);
  auto* add = group->add_subcommand("add", "enrol a node's public key, or a file of them");
  auto* feed = add->add_flag("--feed", line.feed, "of a subscriber to the feed, by a name for it");
  auto* name = add->add_option("NODE", line.name, "or, with --feed, a name");
  auto* key = add->add_option("KEY", line.key, "40 characters, in single quotes");
  name->needs(key);
  auto* from = add->add_option("--from", line.file, "lines of NODE KEY; - is standard input");
  from->excludes(name)->excludes(feed);
  add->callback([&line, name, from] {
    if (name->empty() && from->empty()) throw CLI::RequiredError("NODE KEY, or --from FILE,");
    line.verb = [&line] {
      if (line.feed) return add_feed_key(line.terminal, line.name, line.key);
      return line.file.empty() ? add_key(line.terminal, line.name, line.key)
                               : add_keys_of(line.terminal, line.file);
    };
  });
  group->add_subcommand("pending", "keys that knock and are not let in")->callback([&line] {
    line.verb = [&line] { return list_pending_keys(line.terminal); };
  });
  auto* accept = group->add_subcommand("accept", "enrol the keys that knock for these nodes");
  accept->add_option("NODES", line.nodes, "a node, or a list: 'cn[001-008]'")->required();
  accept->add_option("--fingerprint", line.key,
                     "the beginning of the key that is meant, 12 characters or more");
  accept->callback([&line] {
    line.verb = [&line] {
      return with_nodes(line, [&line](std::vector<std::string> nodes) {
        return accept_keys(line.terminal, {std::move(nodes), line.key});
      });
    };
  });
  auto* reject = group->add_subcommand("reject", "let the keys that knock for these nodes not in");
  reject->add_option("NODES", line.nodes, "a node, or a list: 'cn[001-008]'")->required();
  reject->add_option("--fingerprint", line.key, "as of accept, where several keys knock");
  reject->callback([&line] {
    line.verb = [&line] {
      return with_nodes(line, [&line](std::vector<std::string> nodes) {
        return reject_keys(line.terminal, {std::move(nodes), line.key});
      });
    };
  });
  group->add_subcommand("list", "every enrolled key")->callback([&line] {
    line.verb = [&line] { return list_keys(line.terminal); };
  });
  auto* revoke = group->add_subcommand("revoke", "forget every key of a node");
  revoke->add_option("NODE", line.name, "or, with --feed, a subscriber's name")->required();
  revoke->add_flag("--feed", line.feed, "of a subscriber to the feed");
  revoke->callback([&line] {
    line.verb = [&line] {
      return line.feed ? revoke_feed_key(line.terminal, line.name)
                       : revoke_key(line.terminal, line.name);
    };
  });
}

// One key in 85 begins with '-', and is no option: behind "--" nothing is.
std::vector<const char*> keys_last(int argc, char** argv) {
  std::vector<const char*> arguments, keys;
  for (int i = 0; i < argc; ++i) {
    const std::string_view one = argv[i];
    (one.starts_with('-') && net::is_curve_key(one) ? keys : arguments).push_back(argv[i]);
  }
  if (keys.empty()) return arguments;
  arguments.push_back("--");
  arguments.insert(arguments.end(), keys.begin(), keys.end());
  return arguments;
}

void let_all_fall_through(CLI::App& app) {
  // So that --json and --socket may stand behind the verb too.
  app.fallthrough();
  for (auto* verb : app.get_subcommands({})) let_all_fall_through(*verb);
}

// "snctl: unknown command 'takovr' (did you mean takeover?)"
int unknown_command(const CLI::App& app, const std::string& typed) {
  std::vector<std::string> names;
  for (const auto* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(verb->get_name());
  }
  const std::string meant = nearest(typed, names);
  print_error("snctl: unknown command '" + typed + "' (" +
              (meant.empty() ? "cure: snctl --help" : "did you mean " + meant + "?") + ")\n");
  return kUsage;
}

// The verb that the line got to, to be asked for help.
std::string help_of(const CLI::App& app) {
  std::string command = "snctl";
  const CLI::App* at = &app;
  while (true) {
    const auto verbs = at->get_subcommands();
    if (verbs.empty()) return command + " --help";
    at = verbs.front();
    command += " " + at->get_name();
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Keeps a cluster's nodes bound to a living service node.", "snctl");
  CommandLine line;
  app.set_version_flag("--version", "snctl " SN_VERSION);
  app.add_flag("--json", line.terminal.json, "one JSON document instead of a screen");
  app.add_option("--socket", line.terminal.socket, "sncoordd's control socket")
      ->envname("SNCTL_SOCKET");
  app.require_subcommand(1);
  add_takeover(app, line);
  add_plan(app, line);
  add_rehearse(app, line);
  add_failback(app, line);
  add_steering(app, line);
  add_views(app, line);
  add_freeze(app, line);
  add_table(app, line);
  add_sn(app, line);
  add_keys(app, line);
  let_all_fall_through(app);
  const std::vector<const char*> arguments = keys_last(argc, argv);
  try {
    app.parse(static_cast<int>(arguments.size()), arguments.data());
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    const auto rest = app.remaining(true);
    if (!rest.empty() && app.get_subcommands().empty()) return unknown_command(app, rest.front());
    const std::string what =
        rest.empty() ? error.what() : "unknown argument '" + rest.front() + "'";
    print_error("snctl: " + what + " (cure: " + help_of(app) + ")\n");
    return kUsage;
  }
  if (line.terminal.json) speak_json();
  return line.verb();
}
