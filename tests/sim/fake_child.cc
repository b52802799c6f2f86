#include "tests/sim/fake_child.h"

#include <algorithm>
#include <utility>

#include "common/model/unready.h"
#include "common/wire/plan_group.h"
#include "tests/sim/service_nodes.h"

namespace sn::sim {

namespace {

// Of a step of a real rebind, and of the end of a process.
constexpr int64_t kStepMs = 40;
constexpr int64_t kEndMs = 20;
constexpr int64_t kHangMs = 60'000;
constexpr int64_t kLongestScriptMs = 400'000;

}  // namespace

agent::JournalContent FakeDisk::read_journal() const {
  if (journal_unreadable)
    return fail(ErrorClass::corrupt, "reading", "the journal", "sim", "mend it");
  return journal;
}

uint32_t FakeDisk::left(const wire::Rebind& rebind) const {
  uint32_t left = 0;
  for (const auto& leaves : rebind.from) {
    const auto found = references.find(leaves);
    if (found != references.end() && leaves != rebind.to) left += found->second;
  }
  return left;
}

FakeChild::FakeChild(agent::Job job, Surroundings around)
    : job_(std::move(job)), around_(std::move(around)) {}

void FakeChild::after(int64_t ms, void (FakeChild::*step)()) {
  around_.schedule.in(ms, [self = shared_from_this(), step] {
    if (!self->dead_) (self.get()->*step)();
  });
}

void FakeChild::say(const wire::FromChild& message) {
  if (!dead_) around_.say(message);
}

void FakeChild::kill() {
  if (dead_) return;
  dead_ = true;
  around_.schedule.in(1, [self = shared_from_this()] { self->around_.gone(); });
}

void FakeChild::end() { after(kEndMs, &FakeChild::kill); }

void FakeChild::begin() {
  Random& random = around_.random;
  using Kind = agent::Job::Kind;
  switch (job_.kind) {
    case Kind::inspect:
      return after(random.between(1, kStepMs), &FakeChild::inspect);
    case Kind::plan:
      return after(random.between(1, kStepMs), &FakeChild::plan);
    case Kind::rehearse:
      around_.disk.journal.emplace();
      return after(random.between(1, 10 * kStepMs), &FakeChild::rehearse);
    case Kind::clear:
      return after(random.between(1, kStepMs), &FakeChild::clear);
    case Kind::rebind:
      break;
  }
  if (random.chance(around_.mishaps.crashes)) {
    after(random.between(0, 3 * kStepMs), &FakeChild::kill);
  }
  if (!job_.recovering) return look_for_scripts();
  if (around_.disk.odd_place) return after(kStepMs, &FakeChild::find_odd_place);
  around_.about_to_change(job_);
  after(kStepMs, &FakeChild::finish);
}

wire::Inventory FakeChild::inventory() const {
  wire::Inventory inventory;
  for (const auto& [service_node, count] : around_.disk.references) {
    if (count == 0) continue;
    inventory.bindings.push_back({service_node, count});
    for (uint32_t i = 1; i <= count; ++i) {
      inventory.references.push_back({"sim", "sim:" + std::to_string(i), "reference",
                                      std::to_string(i), service_node, ReferenceRole::move});
    }
  }
  return inventory;
}

void FakeChild::inspect() {
  wire::ProbeTargets targets;  // an address is a name here
  for (const auto& name : around_.service_nodes)
    targets.targets.push_back({name, name, usual_services()});
  say(targets);
  say(wire::InspectReply{job_.request, "", inventory()});
  end();
}

void FakeChild::plan() {
  wire::PlanReply reply;
  reply.request = job_.request;
  reply.plan.outlook = Outlook::whole;
  reply.plan.hash = "sim";
  reply.plan.needs = needed_services();
  // Three images, and so three groups.
  reply.plan.shape = std::to_string(around_.image);
  reply.plan.group = wire::plan_group(reply.plan);
  say(reply);
  end();
}

void FakeChild::rehearse() {
  around_.disk.journal.reset();
  plan();
}

void FakeChild::clear() {
  const FakeDisk& disk = around_.disk;
  wire::FenceRead fence{disk.fence.epoch, disk.fence.generation, disk.fence.target, {}};
  if (disk.fence.last) fence.last.push_back(*disk.fence.last);
  say(fence);
  wire::ClearReply reply;
  reply.request = job_.request;
  if (disk.broken()) reply.quarantine = {"sim: it can't be right", "mend it"};
  say(reply);
  end();
}

void FakeChild::look_for_scripts() {
  const MonotonicTime now = around_.schedule.now();
  MonotonicTime& ends = around_.disk.script_ends;
  if (ends <= now && around_.random.chance(around_.mishaps.scripts)) {
    ends = now + around_.random.between(1'000, kLongestScriptMs);
  }
  // Its arguments can't be read: killed for that, and its name alone is looked for.
  if (ends > now && !job_.names_only && around_.random.chance(200)) return;
  if (ends > now) {
    say(wire::ScriptsAtWork{{{"xcatdsklspost", 812, 99}}});
    return end();
  }
  observe();
}

void FakeChild::observe() {
  const wire::Rebind& rebind = job_.rebind;
  FakeDisk& disk = around_.disk;
  say(wire::Progress{rebind.takeover, rebind.generation, "observe", 0, 0});
  if (dead_) return;
  if (disk.fence.generation != rebind.generation) disk.fence.last.reset();
  disk.fence.epoch = rebind.epoch;
  disk.fence.generation = rebind.generation;
  disk.fence.target = rebind.to;
  if (!is_reached(around_.look(rebind.to, {}).life)) return after(kStepMs, &FakeChild::refuse);
  disk.journal.emplace().rebind = rebind;
  around_.about_to_change(job_);
  const int64_t pause = around_.random.chance(around_.mishaps.hangs) ? kHangMs : kStepMs;
  const bool fails = around_.random.chance(around_.mishaps.fails);
  after(pause, fails ? &FakeChild::fail : &FakeChild::commit);
}

// Untouched: the new one does not answer from here.
void FakeChild::refuse() {
  report(Verdict::blocked,
         Fact(FactCode::does_not_answer_here, {.to = job_.rebind.to, .address = job_.rebind.to}));
}

Fact FakeChild::unready() const {
  const std::string& to = job_.rebind.to;
  return unready_fact(to, around_.look(to, needed_services()).services);
}

void FakeChild::fail() {
  around_.disk.journal.reset();
  report(Verdict::failed, "sim: staging failed");
}

// The first step is the commit point: from here on it is finished, whatever happens.
void FakeChild::commit() {
  FakeDisk& disk = around_.disk;
  disk.journal->past_commit_point = true;
  for (const auto& leaves : job_.rebind.from) {
    uint32_t& count = disk.references[leaves];
    const uint32_t first = std::min<uint32_t>(count, 1);
    count -= first;
    disk.references[job_.rebind.to] += first;
  }
  const bool partly = around_.random.chance(around_.mishaps.partly);
  after(around_.random.between(1, kStepMs),
        partly ? &FakeChild::finish_partly : &FakeChild::finish);
}

void FakeChild::find_odd_place() {
  const wire::Quarantine why{"sim: nothing is mounted there", "mount it"};
  around_.disk.quarantine = agent::QuarantineRecord{why, {}};
  around_.disk.journal.reset();
  say(why);
  report(Verdict::partly, "sim: a mount is odd");
}

void FakeChild::finish() { move_references(0); }
void FakeChild::finish_partly() { move_references(1); }

void FakeChild::move_references(uint32_t kept) {
  FakeDisk& disk = around_.disk;
  for (const auto& leaves : job_.rebind.from) {
    uint32_t& count = disk.references[leaves];
    const uint32_t moved = count - std::min(count, kept);
    kept -= count - moved;
    count -= moved;
    disk.references[job_.rebind.to] += moved;
  }
  disk.journal.reset();
  if (disk.left(job_.rebind) > 0) return report(Verdict::partly, "sim: a reference stays");
  const Fact not_ready = unready();
  report(not_ready.empty() ? Verdict::verified : Verdict::partly, not_ready);
}

void FakeChild::report(Verdict verdict, const Fact& reason) {
  wire::InspectReply seen;
  seen.inventory = inventory();
  wire::OutcomeReport report;
  report.bindings = seen.inventory.bindings;
  wire::Outcome& outcome = report.outcome;
  outcome.takeover = job_.rebind.takeover;
  outcome.generation = job_.rebind.generation;
  outcome.to = job_.rebind.to;
  outcome.verdict = verdict;
  outcome.left = around_.disk.left(job_.rebind);
  outcome.changed = verdict == Verdict::failed || verdict == Verdict::blocked ? 0 : 1;
  outcome.plan_hash = "sim";
  if (!reason.empty()) {
    const auto what = verdict == Verdict::blocked ? FindingClass::blocked
                      : says_unready(reason)      ? FindingClass::not_in_effect
                                                  : FindingClass::left;
    outcome.findings.push_back({what, "", reason, "try again"});
  }
  say(seen);
  say(report);
  end();
}

}  // namespace sn::sim
