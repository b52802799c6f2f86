// The map keys of every record. Included by records.cc only.
#pragma once

#include "agent/records/records.h"
#include "common/wire/fields.h"

namespace sn::agent {

// ---------------------------------------------------------------- parts

template <class V>
void fields(V& v, SwapPlace& place) {  // without what hung upon a mount that is gone
  v("place", place.place);
  v("subpath", place.subpath);
  v("attributes", place.attributes);
}
template <class V>
void fields(V& v, MountSwap& swap) {  // what is needed to mount it once more
  v("superblock", swap.superblock);
  v("type", swap.type);
  v("source_before", swap.source_before);
  v("source", swap.source);
  v("address_before", swap.address_before);
  v("address", swap.address);
  v("options", swap.options);
  v("read_only", swap.read_only);
  v("places", swap.places);
}
template <class V>
void fields(V& v, NextHop& hop) {
  v("gateway", hop.gateway);
  v("interface", hop.interface);
  v("weight", hop.weight);
  v("flags", hop.flags);
}
template <class V>
void fields(V& v, RawAttribute& attribute) {
  v("type", attribute.type);
  v("bytes", attribute.bytes);
}
template <class V>
void fields(V& v, Route& route) {
  v("family", route.family);
  v("destination", route.destination);
  v("prefix_length", route.prefix_length);
  v("tos", route.tos);
  v("table", route.table);
  v("metric", route.metric);
  v("protocol", route.protocol);
  v("scope", route.scope);
  v("source", route.source);
  v("hops", route.hops);
  v("nexthop_id", route.nexthop_id);
  v("others", route.others);
  v("interface", route.interface_name);
}
template <class V>
void fields(V& v, RouteChange& change) {
  v("action", change.action);
  v("before", change.before);
  v("after", change.after);
}
template <class V>
void fields(V& v, TextMark& mark) {
  v("size", mark.size);
  v("digest", mark.digest);
}
template <class V>
void fields(V& v, Edit& edit) {
  v("offset", edit.offset);
  v("line", edit.line);
  v("before", edit.before);
  v("after", edit.after);
}
template <class V>
void fields(V& v, LeaseChange& change) {
  v("holder", change.holder);
  v("subject", change.subject);
  v("before", change.before);
  v("after", change.after);
}
template <class V>
void fields(V& v, FileRecord& file) {
  v("path", file.path);
  v("real_path", file.real_path);
  v("before", file.before);
  v("after", file.after);
  v("edits", file.edits);
}

// ---------------------------------------------------------------- records

template <class V>
void fields(V& v, UndoRecord& record) {
  v("boot_id", record.boot_id);
  v("generation", record.generation);
  v("undo", record.undo);
  v("takeover", record.takeover);
  v("files", record.files);
  v("routes", record.routes);
  v("mounts", record.mounts);
  v("leases", record.leases);
}
template <class V>
void fields(V& v, RebindBegun& entry) {
  v("boot_id", entry.boot_id);
  v("rebind", entry.rebind);
}
template <class V>
void fields(V& v, RehearsalBegun& entry) {
  v("boot_id", entry.boot_id);
}
template <class V>
void fields(V& v, FileStaged& entry) {
  v("path", entry.path);
  v("source", entry.source);
}
template <class V>
void fields(V& v, SwapBegun& entry) {
  v("swap", entry.swap);
}
template <class V>
void fields(V& v, StepBegun& entry) {
  v("step", entry.step);
  v("what", entry.what);
}
template <class V>
void fields(V& v, StepDone& entry) {
  v("step", entry.step);
}
template <class V>
void fields(V& v, RebindCommitted& entry) {
  v("verdict", entry.verdict);
}
template <class V>
void fields(V& v, KeptGeneration& kept) {
  v("epoch", kept.epoch);
  v("generation", kept.generation);
  v("target", kept.target);
}
template <class V>
void fields(V& v, KeptQuarantine& kept) {
  v("boot_id", kept.boot_id);
  v("why", kept.why);
  v("places", kept.places);
}
template <class V>
void fields(V& v, KeptOwedStarts& kept) {
  v("boot_id", kept.boot_id);
  v("services", kept.services);
}

}  // namespace sn::agent

namespace sn::wire {

// The "t" of every entry of the journal, in the order of the variant.
template <>
struct Names<agent::JournalEntry> {
  static constexpr const char* kAll[] = {"begin",  "rehearse", "staged", "swap",
                                         "intent", "done",     "commit"};
};
static_assert(std::size(Names<agent::JournalEntry>::kAll) ==
              std::variant_size_v<agent::JournalEntry>);

}  // namespace sn::wire
