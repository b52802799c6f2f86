#include "agent/plan/undo.h"

#include <algorithm>
#include <iterator>
#include <map>

#include "agent/plan/plan.h"
#include "common/base/digest.h"
#include "common/base/netstring.h"

namespace sn::agent {

namespace {

constexpr std::string_view kHead = "snagent undo 3";

// More than any node has; only a file that we did not write has more.
constexpr uint64_t kMaxEntries = 16 * 1024;

template <class T>
void add_once(std::vector<T>& list, T entry) {
  if (std::find(list.begin(), list.end(), entry) == list.end()) list.push_back(std::move(entry));
}

// ---------------------------------------------------------------- as text

void write_address(NetstringWriter& out, const std::optional<IpAddress>& address) {
  out.add(address ? address->to_string() : std::string());
}

std::optional<IpAddress> read_address(NetstringReader& in) {
  const std::string text = in.text();
  return text.empty() ? std::nullopt : IpAddress::parse(text);
}

void write_route(NetstringWriter& out, const Route& route) {
  out.add(route.family == IpAddress::Family::v4 ? uint64_t{4} : uint64_t{6});
  write_address(out, route.destination);
  out.add(route.prefix_length).add(route.tos).add(route.table).add(route.metric);
  out.add(route.protocol).add(route.scope);
  write_address(out, route.source);
  out.add(route.interface_name).add(route.hops.size());
  for (const auto& hop : route.hops) {
    write_address(out, hop.gateway);
    out.add(hop.interface).add(hop.weight).add(hop.flags);
  }
  out.add(route.others.size());
  for (const auto& other : route.others) out.add(other.type).add(other.bytes);
}

Route read_route(NetstringReader& in) {
  const auto byte = [&] { return static_cast<uint8_t>(in.number(UINT8_MAX)); };
  const auto word = [&] { return static_cast<uint32_t>(in.number(UINT32_MAX)); };
  Route route;
  route.family = in.number(6) == 4 ? IpAddress::Family::v4 : IpAddress::Family::v6;
  route.destination = read_address(in);
  route.prefix_length = byte();
  route.tos = byte();
  route.table = word();
  route.metric = word();
  route.protocol = byte();
  route.scope = byte();
  route.source = read_address(in);
  route.interface_name = in.text();
  for (uint64_t left = in.number(kMaxEntries); left > 0 && in.good(); --left) {
    NextHop hop;
    hop.gateway = read_address(in);
    hop.interface = word();
    hop.weight = byte();
    hop.flags = byte();
    route.hops.push_back(hop);
  }
  for (uint64_t left = in.number(kMaxEntries); left > 0 && in.good(); --left) {
    RawAttribute other;
    other.type = static_cast<uint16_t>(in.number(UINT16_MAX));
    other.bytes = in.text();
    route.others.push_back(std::move(other));
  }
  return route;
}

void write_mark(NetstringWriter& out, const TextMark& mark) { out.add(mark.size).add(mark.digest); }

TextMark read_mark(NetstringReader& in) {
  TextMark mark;
  mark.size = in.number();
  mark.digest = in.text();
  return mark;
}

void write_file(NetstringWriter& out, const FileRecord& file) {
  out.add(file.path).add(file.real_path);
  write_mark(out, file.before);
  write_mark(out, file.after);
  out.add(file.edits.size());
  for (const auto& edit : file.edits) {
    out.add(edit.offset).add(edit.line).add(edit.before).add(edit.after);
  }
}

FileRecord read_file_record(NetstringReader& in) {
  FileRecord file;
  file.path = in.text();
  file.real_path = in.text();
  file.before = read_mark(in);
  file.after = read_mark(in);
  for (uint64_t left = in.number(kMaxEntries); left > 0 && in.good(); --left) {
    Edit edit;
    edit.offset = in.number();
    edit.line = static_cast<uint32_t>(in.number(UINT32_MAX));
    edit.before = in.text();
    edit.after = in.text();
    file.edits.push_back(std::move(edit));
  }
  return file;
}

// ---------------------------------------------------------------- back

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
  for (MountSwap swap : plan.mounts) {
    swap.kill.clear();
    swap.force = false;
    swap.marker.clear();
    swap.marker_place.clear();
    for (auto& place : swap.places) place.nested.clear();
    add_once(record.mounts, std::move(swap));
  }
}

void append(UndoRecord later, UndoRecord& record) {
  std::move(later.files.begin(), later.files.end(), std::back_inserter(record.files));
  std::move(later.routes.begin(), later.routes.end(), std::back_inserter(record.routes));
  std::move(later.mounts.begin(), later.mounts.end(), std::back_inserter(record.mounts));
}

std::string to_text(const UndoRecord& record) {
  NetstringWriter out;
  out.add(kHead).add(record.boot_id).add(record.generation);
  out.add(record.undo).add(record.takeover);
  out.add(record.files.size());
  for (const auto& file : record.files) write_file(out, file);
  out.add(record.routes.size());
  for (const auto& route : record.routes) {
    out.add(static_cast<uint64_t>(route.action));
    write_route(out, route.before);
    write_route(out, route.after);
  }
  out.add(record.mounts.size());
  for (const auto& mount : record.mounts) out.add(to_text(mount));
  return out.take();
}

std::optional<UndoRecord> undo_record_from_text(std::string_view text) {
  NetstringReader in(text);
  if (in.text() != kHead) return std::nullopt;
  UndoRecord record;
  record.boot_id = in.text();
  record.generation = in.number();
  record.undo = in.number();
  record.takeover = in.text();
  for (uint64_t left = in.number(kMaxEntries); left > 0 && in.good(); --left) {
    record.files.push_back(read_file_record(in));
  }
  for (uint64_t left = in.number(kMaxEntries); left > 0 && in.good(); --left) {
    RouteChange route;
    route.action = static_cast<RouteAction>(in.number(static_cast<uint64_t>(RouteAction::add)));
    route.before = read_route(in);
    route.after = read_route(in);
    record.routes.push_back(std::move(route));
  }
  for (uint64_t left = in.number(kMaxEntries); left > 0 && in.good(); --left) {
    auto swap = swap_from_text(in.text());
    if (!swap) return std::nullopt;
    record.mounts.push_back(std::move(*swap));
  }
  if (!in.whole()) return std::nullopt;
  return record;
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
