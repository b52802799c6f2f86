// A coordinator, its store and the agents' side of its wire, in one place.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/core/core.h"

namespace sn::coordinator {

std::string key_of(const std::string& node);

class World {
 public:
  explicit World(size_t nodes = 3);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  static Cluster make_cluster(size_t nodes);

  Now now() const { return {{now_ms_}, {1'790'000'000'000 + now_ms_}}; }

  void restart();

  // What the administrator made of cluster_ is read while the coordinator runs.
  void read_inventory();

  void carry_out(Effects effects);

  // What its beats tell of it.
  void busy(const std::string& node, const Fact& step);

  void advance(int64_t ms);

  wire::Hello hello_of(const std::string& node, std::vector<wire::Binding> bindings);
  void connect(const std::string& node, std::vector<wire::Binding> bindings = {{"SN1P", 9}});
  void connect_each(const std::vector<std::string>& nodes);
  void from(const std::string& node, const wire::ToCoordinator& message);

  // By somebody who wants no question, of one that does not answer.
  void clear(const std::string& service_node);

  static MachineSighting sighting(bool alive);

  // The node reports, and tells the whole plan if it is asked for it.
  void report(const std::string& node, const wire::PlanReport& report,
              const wire::PlanSummary& plan, std::string connection = "");

  // Ends every probe that is out, and lets every connected node report on its preflight.
  void answer_preflight(bool from_alive = false, bool to_alive = true);
  void answer_looks(bool from_alive, bool to_alive);
  [[nodiscard]] MachineSighting seen_of_from(bool alive) const;
  [[nodiscard]] MachineSighting seen_by(const std::string& node, bool from_alive) const;

  void command(const Command& command, ClientId client = 1);
  TakeoverCommand takeover_of(const std::string& from_sn, const std::string& to = "");
  TakeoverCommand failback_of(uint64_t number, const std::string& from_sn);
  // Typed, and everybody answers what it asks first.
  void begin(const TakeoverCommand& typed, bool from_alive = false);
  void takeover(const std::string& from_sn = "SN1P", const std::string& to = "");
  // A canary, and then one at a time.
  void takeover_one_by_one(const std::string& from_sn = "SN1P", const std::string& to = "");

  // What the store has of it.
  const NodeRecord& node(const std::string& name) const { return state_.nodes.at(name); }
  const Assignment& present(const std::string& name) const { return node(name).present(); }
  const Assignment& part(uint64_t takeover, const std::string& name) const;

  int exit_code(uint64_t takeover) const;

  void verify(const std::string& name);
  void verify_each(const std::vector<std::string>& nodes);
  void outcome(const std::string& node, Verdict verdict, uint64_t generation,
               const std::string& to);

  std::vector<std::string> told();
  template <class T>
  const T* last_answer() const {
    for (auto i = replies_.rbegin(); i != replies_.rend(); ++i) {
      if (const auto* answer = std::get_if<T>(&i->answer)) return answer;
    }
    return nullptr;
  }

  Cluster cluster_;
  State state_;  // the store
  std::unique_ptr<Core> core_;
  std::optional<MachineSighting> from_sighting_;  // how everybody sees what is left
  // What each node finds of what it will need at its target.
  std::map<std::string, std::vector<ServiceSighting>> needed_;
  std::map<std::string, std::string> shapes_;  // of plans that are not the others'
  bool hashes_ = false;                        // plans have one
  std::vector<PlannedChange> lines_;           // of every plan
  std::vector<Finding> findings_;
  std::set<std::string> mute_;  // report no plan
  std::string cut_off_;         // the node that has no way to any target
  std::string claims_life_;     // the node that sees it alive all the same
  bool knows_power_ = false;    // after the next restart()
  std::vector<AskPower> powers_;
  std::set<std::pair<uint64_t, std::string>> looked_;  // what was answered: request, connection
  std::vector<Send> sent_;
  std::vector<Order> ordered_;
  std::set<EnrolBy> enrolment_ = {EnrolBy::address, EnrolBy::manual};
  std::vector<AnswerKnock> knock_answers_;
  std::vector<AskNode> asked_nodes_;
  std::set<std::string> admitted_;
  std::map<std::string, std::string> subscribers_;
  std::vector<StoreChange> files_;
  std::vector<ReadFiled> asked_for_files_;
  std::vector<Reply> replies_;
  std::vector<wire::Rebind> told_;
  std::vector<Probe> probes_;
  std::vector<Ping> pings_;
  std::vector<Event> events_;
  std::string leaving_;
  uint64_t answered_ = 0;
  uint32_t outcomes_ = 0;
  int64_t now_ms_ = 1'000;
};

}  // namespace sn::coordinator
