#include "coordinator/core/node_record.h"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <set>
#include <utility>

namespace sn::coordinator {

namespace {

bool took_effect(const Assignment& one) { return one.state != AssignmentState::without_effect; }

// The first that is not older: a history is in the order of its serials.
template <class List>
auto from_serial(List& assignments, uint32_t serial) {
  return std::lower_bound(
      assignments.begin(), assignments.end(), serial,
      [](const Assignment& one, uint32_t wanted) { return one.serial < wanted; });
}

// The newest that took effect, of those older than `end`.
const Assignment* newest_before(const std::vector<Assignment>& assignments,
                                std::vector<Assignment>::const_iterator end) {
  const auto found = std::find_if(std::make_reverse_iterator(end), assignments.rend(), took_effect);
  return found == assignments.rend() ? nullptr : &*found;
}

// `one`, or the newest before it that says where the node belongs.
const Assignment* deciding(const NodeRecord& record, const Assignment* one) {
  while (one != nullptr && one->to.empty()) one = record.before(*one);
  return one;
}

}  // namespace

const std::vector<std::string>& Assignment::still_to_leave() const {
  static const std::vector<std::string> kNothing;
  return arrived ? kNothing : from;
}

bool Assignment::is_settled() const {
  return state == AssignmentState::observed || verdict == Verdict::verified;
}

void Assignment::note(int64_t unix_ms, Fact what) {
  if (log.size() == kMaxLogLines) log.erase(log.begin() + 1);
  log.push_back({unix_ms, std::move(what)});
}

bool NodeRecord::in_table() const {
  const Assignment* const newest = newest_before(assignments, assignments.end());
  return newest != nullptr && newest->state != AssignmentState::gone;
}

const Assignment& NodeRecord::present() const {
  const Assignment* const newest = newest_before(assignments, assignments.end());
  assert(newest != nullptr);
  return *newest;
}

const Assignment* NodeRecord::decided() const { return deciding(*this, &present()); }

const std::string& NodeRecord::service_node() const {
  static const std::string kUnknown;
  const Assignment* const one = decided();
  return one == nullptr ? kUnknown : one->to;
}

uint64_t NodeRecord::generation() const {
  const Assignment* one = &present();
  while (one != nullptr && one->generation == 0) one = before(*one);
  return one == nullptr ? 0 : one->generation;
}

const Assignment* NodeRecord::part_of(uint64_t takeover) const {
  const auto found = std::find_if(assignments.rbegin(), assignments.rend(),
                                  [&](const Assignment& one) { return one.takeover == takeover; });
  return found == assignments.rend() ? nullptr : &*found;
}

const Assignment* NodeRecord::original(const Assignment& of) const {
  if (of.restores == 0) return &of;
  const auto found = from_serial(assignments, of.restores);
  return found == assignments.end() || found->serial != of.restores ? &of : &*found;
}

const Assignment* NodeRecord::before(const Assignment& of) const {
  return newest_before(assignments, from_serial(assignments, original(of)->serial));
}

const Assignment* NodeRecord::decided_before(const Assignment& of) const {
  return deciding(*this, before(of));
}

std::string NodeRecord::service_node_before(const Assignment& of) const {
  const Assignment* const one = decided_before(of);
  return one == nullptr ? std::string() : one->to;
}

std::set<uint64_t> NodeRecord::takeovers_in_play() const {
  std::set<uint64_t> takeovers;
  const Assignment* const decision = decided();
  const Assignment* const end = decision == nullptr ? nullptr : decided_before(*decision);
  for (const Assignment* one = &present(); one != nullptr; one = before(*one)) {
    if (one->takeover != 0) takeovers.insert(one->takeover);
    if (one == end) break;
  }
  return takeovers;
}

uint32_t NodeRecord::next_serial() const {
  return assignments.empty() ? 1 : assignments.back().serial + 1;
}

void NodeRecord::put(Assignment assignment) {
  const auto place = from_serial(assignments, assignment.serial);
  if (place == assignments.end() || place->serial != assignment.serial) {
    assignments.insert(place, std::move(assignment));
  } else {
    *place = std::move(assignment);
  }
}

void NodeRecord::drop(uint32_t serial) {
  std::erase_if(assignments, [&](const Assignment& one) { return one.serial == serial; });
}

Forgetting forgetting(const NodeRecord& record, uint64_t takeover) {
  // What is in effect, the newest part of every takeover that is still known, and what each of
  // them came from: what it replaced, and where the node belonged then.
  std::set<uint32_t> needed;
  std::set<uint64_t> known = {0, takeover};
  const Assignment* const newest = newest_before(record.assignments, record.assignments.end());
  for (auto one = record.assignments.rbegin(); one != record.assignments.rend(); ++one) {
    if (!known.insert(one->takeover).second && &*one != newest) continue;
    needed.insert({one->serial, one->restores});
    for (const Assignment* from : {record.before(*one), record.decided_before(*one)}) {
      if (from != nullptr) needed.insert({from->serial, from->restores});
    }
  }
  // What was given back stays given back.
  for (auto one = record.assignments.begin(); one != record.assignments.end(); ++one) {
    if (one->restores == 0) continue;
    const Assignment* over = newest_before(record.assignments, one);
    const bool gave_back = over != nullptr && record.original(*over)->serial != one->restores;
    if (gave_back && needed.contains(over->serial)) needed.insert({one->serial, one->restores});
  }
  if (!record.in_table() && known.size() == 2) needed.clear();
  Forgetting result;
  for (const auto& one : record.assignments) {
    if (!needed.contains(one.serial)) {
      result.dropped.push_back(one.serial);
    } else if (one.takeover == takeover) {
      Assignment bare = one;
      bare.takeover = 0;
      bare.outcome = {};
      bare.log.clear();
      result.bare.push_back(std::move(bare));
    }
  }
  return result;
}

}  // namespace sn::coordinator
