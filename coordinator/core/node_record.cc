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
  return std::any_of(assignments.begin(), assignments.end(), took_effect);
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
  const Assignment* const one = decided();
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

std::string NodeRecord::service_node_before(const Assignment& of) const {
  const Assignment* const one = deciding(*this, before(of));
  return one == nullptr ? std::string() : one->to;
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
  // What somebody who is still known came from, as far as his own questions go.
  std::set<uint32_t> needed;
  for (const auto& one : record.assignments) {
    const bool known = one.takeover != 0 && one.takeover != takeover;
    if (!known && (!record.in_table() || &one != &record.present())) continue;
    needed.insert({one.serial, one.restores});
    const Assignment* came_from = record.before(one);
    while (came_from != nullptr) {
      needed.insert({came_from->serial, came_from->restores});
      if (!came_from->to.empty()) break;
      came_from = record.before(*came_from);
    }
  }
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
