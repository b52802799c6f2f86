#include "agent/plan/undo.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "agent/plan/plan.h"
#include "agent/plan/shape.h"
#include "common/base/digest.h"

namespace sn::agent {

namespace {

template <class T>
void add_once(std::vector<T>& list, T entry) {
  if (std::find(list.begin(), list.end(), entry) == list.end()) list.push_back(std::move(entry));
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

// Of two texts that several changes lie between: the lines that differ, or, where there are more of
// them in one, the one piece that does.
std::vector<Edit> difference(std::string_view before, std::string_view after) {
  const auto old_lines = lines_of(before), new_lines = lines_of(after);
  if (old_lines.size() == new_lines.size()) {
    std::vector<Edit> edits;
    for (size_t i = 0; i < old_lines.size(); ++i) {
      if (old_lines[i] == new_lines[i]) continue;
      edits.push_back({static_cast<size_t>(old_lines[i].data() - before.data()),
                       static_cast<uint32_t>(i + 1), std::string(old_lines[i]),
                       std::string(new_lines[i])});
    }
    return edits;
  }
  const auto head = std::mismatch(before.begin(), before.end(), after.begin(), after.end());
  const auto begin = static_cast<size_t>(head.first - before.begin());
  size_t tail = 0;
  const size_t most = std::min(before.size(), after.size()) - begin;
  while (tail < most && before[before.size() - 1 - tail] == after[after.size() - 1 - tail]) ++tail;
  if (begin + tail == before.size() && begin + tail == after.size()) return {};
  const std::string_view same = before.substr(0, begin);
  return {{begin, static_cast<uint32_t>(std::count(same.begin(), same.end(), '\n')) + 1,
           std::string(before.substr(begin, before.size() - begin - tail)),
           std::string(after.substr(begin, after.size() - begin - tail))}};
}

// Two changes that rebinds made one after the other go back in one step, or in none. True: the
// change is settled.
bool go_on_with(const RouteChange& back, std::vector<RouteChange>& changes) {
  if (back.action != RouteAction::replace && back.action != RouteAction::append_remove)
    return false;
  const auto first = std::find_if(changes.begin(), changes.end(), [&](const RouteChange& change) {
    return change.action != RouteAction::remove && same_route(change.after, back.before);
  });
  if (first == changes.end()) return false;
  first->after = back.after;
  if (first->action != RouteAction::add && same_route(first->before, first->after)) {
    changes.erase(first);
  }
  return true;
}

RouteChange inverse(const RouteChange& change, const std::vector<Route>& present) {
  RouteChange back;
  switch (change.action) {
    case RouteAction::remove:
      back = {RouteAction::add, change.before, change.before};
      break;
    case RouteAction::add:
      back = {RouteAction::remove, change.after, change.before};
      break;
    case RouteAction::replace:
    case RouteAction::append_remove:
      const auto same_key = std::count_if(present.begin(), present.end(), [&](const Route& other) {
        return other.same_key(change.after);
      });
      back = {same_key == 1 ? RouteAction::replace : RouteAction::append_remove, change.after,
              change.before};
  }
  return back;
}

}  // namespace

TextMark mark_of(std::string_view text) { return {text.size(), Digest().add(text).hex()}; }

void add_to_record(const Plan& plan, UndoRecord& record) {
  for (const auto* files : {&plan.hosts, &plan.files}) {
    for (const auto& file : *files) {
      const auto before = revert_edits(file.text_after, file.edits);
      if (!before) continue;  // the plan's own edits
      add_once(record.files, FileRecord{file.path, file.real_path, mark_of(*before),
                                        mark_of(file.text_after), file.edits});
    }
  }
  for (const auto& route : plan.routes) {
    // The rest of one that was interrupted between its two halves.
    const bool half_done =
        route.action == RouteAction::remove &&
        std::any_of(record.routes.begin(), record.routes.end(), [&](const RouteChange& other) {
          return other.action == RouteAction::append_remove && other.before == route.before &&
                 same_route(other.after, route.after);
        });
    if (!half_done) add_once(record.routes, route);
  }
  for (const auto& change : plan.leases) add_once(record.leases, change);
  for (MountSwap swap : plan.mounts) {
    swap.kill.clear();
    swap.force = false;
    swap.marker.clear();
    swap.marker_place.clear();
    for (auto& place : swap.places) place.nested.clear();
    add_once(record.mounts, std::move(swap));
  }
}

LeaseUndo undo_leases(const UndoRecord& record, const std::vector<Lease>& present) {
  LeaseUndo undo;
  // A daemon lists them in an order of its own.
  const auto same = [](const std::vector<std::string>& a, const std::vector<std::string>& b) {
    return std::is_permutation(a.begin(), a.end(), b.begin(), b.end());
  };
  for (const auto& lease : present) {
    const LeaseChange* oldest = nullptr;
    std::vector<std::string> servers = lease.servers;
    // The newest change first. One that is at its beginning was never carried out.
    for (auto change = record.leases.rbegin(); change != record.leases.rend(); ++change) {
      if (change->place() != lease.place()) continue;
      oldest = &*change;
      if (same(servers, change->after)) servers = change->before;
    }
    if (oldest == nullptr || !same(servers, oldest->before)) continue;
    undo.settled.push_back({lease.holder, lease.subject, oldest->before});
    if (same(lease.servers, oldest->before)) continue;
    undo.changes.push_back({lease.holder, lease.subject, lease.servers, oldest->before, true});
  }
  return undo;
}

void append(UndoRecord later, UndoRecord& record) {
  std::move(later.leases.begin(), later.leases.end(), std::back_inserter(record.leases));
  std::move(later.files.begin(), later.files.end(), std::back_inserter(record.files));
  std::move(later.routes.begin(), later.routes.end(), std::back_inserter(record.routes));
  std::move(later.mounts.begin(), later.mounts.end(), std::back_inserter(record.mounts));
}

std::string Undo::name() const {
  if (record && !record->takeover.empty()) return record->takeover;
  return "generation " + std::to_string(generation);
}

FileUndo undo_file(const UndoRecord& record, const ObservedFile& file) {
  FileUndo undo;
  std::string text = file.text;
  const auto oldest =
      std::find_if(record.files.begin(), record.files.end(),
                   [&](const FileRecord& change) { return change.path == file.path; });
  if (oldest == record.files.end()) return undo;
  if (oldest->real_path == file.real_path && oldest->before == mark_of(text)) {
    return {UndoState::as_before, {}, {}};
  }
  size_t steps = 0;
  // The newest change first. One that is at its beginning was never carried out.
  for (auto change = record.files.rbegin(); change != record.files.rend(); ++change) {
    if (change->path != file.path) continue;
    const TextMark now = mark_of(text);
    if (change->real_path == file.real_path && now == change->after) {
      auto before = revert_edits(text, change->edits);
      if (before && mark_of(*before) == change->before) {
        undo.edits = invert_edits(text, change->edits);
        text = std::move(*before);
        undo.state = UndoState::as_left;
        ++steps;
        continue;
      }
    } else if (change->real_path == file.real_path && now == change->before) {
      continue;
    }
    return {UndoState::changed, {}, {}};
  }
  if (steps > 1) undo.edits = difference(file.text, text);
  if (undo.edits.empty()) return {UndoState::as_before, {}, {}};
  undo.text_after = std::move(text);
  return undo;
}

RouteUndo undo_routes(const UndoRecord& record, std::vector<Route> present) {
  RouteUndo undo;
  const auto find = [&](const Route& route) {
    return std::find_if(present.begin(), present.end(),
                        [&](const Route& other) { return same_route(route, other); });
  };
  for (auto change = record.routes.rbegin(); change != record.routes.rend(); ++change) {
    const bool adds = change->action == RouteAction::add;
    const bool removes = change->action == RouteAction::remove;
    const auto before = find(change->before), after = find(change->after);
    const bool is_before = adds ? after == present.end() : before != present.end();
    const bool is_after = removes ? before == present.end() : after != present.end();
    // The one that made a removal possible was there before, and stays.
    if (removes && after != present.end()) {
      undo.settled.push_back(*after);
      undo.as_before.push_back(*after);
    }
    if (is_before) {
      if (adds) continue;
      undo.settled.push_back(*before);
      undo.as_before.push_back(*before);
    } else if (is_after && (!removes || after != present.end())) {
      RouteChange back = inverse(*change, present);
      // As the kernel shows it, so that a deletion names the very entry.
      if (!removes) {
        back.before = *after;
        undo.settled.push_back(*after);
        // Only on the way back from what a later rebind did.
        std::erase_if(undo.as_before,
                      [&](const Route& route) { return same_route(route, back.before); });
        present.erase(after);
      }
      if (!adds) {
        present.push_back(back.after);
        undo.as_before.push_back(back.after);
      }
      if (!go_on_with(back, undo.changes)) undo.changes.push_back(std::move(back));
    } else {
      undo.changed.push_back(change->before);
    }
  }
  return undo;
}

std::vector<PlannedChange> still_done(const UndoRecord& record, const Observation& observation) {
  std::vector<PlannedChange> done;
  for (const auto& file : observation.files) {
    if (undo_file(record, file).state != UndoState::as_left) continue;
    for (const auto& change : record.files) {
      if (change.path != file.path) continue;
      for (const auto& edit : change.edits) {
        done.push_back(
            {std::string(file.kind->name()), file.path, edit.line, edit.before, edit.after});
      }
    }
  }
  const auto add_the_way_here = [&](PlannedChange way_back) {
    std::swap(way_back.before, way_back.after);
    done.push_back(std::move(way_back));
  };
  for (const auto& back : undo_routes(record, observation.routes).changes) {
    add_the_way_here(back.describe());
  }
  for (const auto& back : undo_leases(record, observation.leases).changes) {
    add_the_way_here(step_of(back));
  }
  return done;
}

bool restore_mount(const UndoRecord& record, MountSwap& swap) {
  bool found = false;
  std::string source = swap.source_before, address = swap.address_before;
  // The newest change first.
  for (auto done = record.mounts.rbegin(); done != record.mounts.rend(); ++done) {
    if (done->source != source || done->address != address) continue;
    const auto is_recorded = [&](const SwapPlace& place) {
      return std::any_of(done->places.begin(), done->places.end(), [&](const SwapPlace& other) {
        return other.place == place.place && other.subpath == place.subpath;
      });
    };
    if (!std::all_of(swap.places.begin(), swap.places.end(), is_recorded)) continue;
    swap.source = source = done->source_before;
    swap.address = address = done->address_before;
    swap.type = done->type;
    swap.options = done->options;
    found = true;
  }
  return found;
}

}  // namespace sn::agent
