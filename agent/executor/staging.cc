#include "agent/executor/staging.h"

#include <algorithm>
#include <charconv>

#include "agent/executor/asking.h"
#include "agent/mounts/markers.h"
#include "agent/watch/mount_table.h"
#include "common/model/server_state.h"
#include "common/model/unready.h"

namespace sn::agent {

std::string Step::place_name() const {
  if (file != nullptr) return file->path;
  if (lease != nullptr) return lease->place();
  if (swap != nullptr) return mount_name(swap->swap().places[place].place);
  return text_of(what);
}

void Staging::add_files(std::vector<FileChange>& files,
                        const std::function<bool(const FileChange&)>& which) {
  for (auto& file : files) {
    if (!which(file)) continue;
    Step step;
    step.what = Fact(FactCode::replacing_file, {.place = file.path});
    step.file = &file;
    step.replace.emplace(file.real_path, file.identity, file.text_after, env_.mount_order);
    const Daemon* daemon = daemon_of_service(file.service);
    // It reads what is later than its last look; one that is started anew reads all.
    if (daemon != nullptr && daemon->told() == Daemon::Told::hang_up) step.replace->date_ahead();
    steps_.push_back(std::move(step));
  }
}

bool Staging::stage(Plan& plan, Journal* journal, const GoOn& go_on) {
  const auto all = [](const FileChange&) { return true; };
  // What is told to NetworkManager makes it read its profiles anew: these come before that.
  const auto is_a_holders = [&](const FileChange& file) {
    return std::any_of(plan.leases.begin(), plan.leases.end(),
                       [&](const LeaseChange& lease) { return lease.holder == file.kind; });
  };
  add_files(plan.hosts, all);
  add_files(plan.files, is_a_holders);
  // NetworkManager lays its device's routes anew when it is told: ours come after that.
  for (const auto& lease : plan.leases) {
    Step step;
    step.what = Fact(FactCode::setting_servers, {.place = lease.place()});
    step.lease = &lease;
    steps_.push_back(std::move(step));
  }
  for (const auto& route : plan.routes) {
    Step step;
    step.what = Fact(FactCode::changing_route, {.place = route.before.target()});
    step.route = &route;
    steps_.push_back(std::move(step));
  }
  if (!stage_mounts(plan, journal, go_on)) return false;
  add_files(plan.files, std::not_fn(is_a_holders));
  for (auto& step : steps_) {
    if (!step.replace) continue;
    say(Fact(FactCode::staging_file, {.place = step.file->path}),
        static_cast<uint32_t>(steps_.size()));
    Status status;
    if (journal != nullptr) status = journal->staged(step.replace->staged());
    const bool essential = !status || step.file->tier == Tier::essential || strict_;
    if (status) status = step.replace->stage();
    if (status) continue;
    step.replace.reset();
    if (!go_on({step.file->path, status.error(), essential})) return false;
  }
  let_a_file_decide();
  return true;
}

// A file server can refuse a replacement for reasons that nothing tells beforehand. Then nothing
// else shall have been changed: an essential file comes before routes and mounts. /etc/hosts does
// anyway.
void Staging::let_a_file_decide() {
  const auto decides = [](const Step& step) {
    return step.replace && step.file->tier == Tier::essential;
  };
  if (steps_.empty() || decides(steps_.front())) return;
  const auto first = std::find_if(steps_.begin(), steps_.end(), decides);
  if (first != steps_.end()) std::rotate(steps_.begin(), first, first + 1);
}

// The network's work comes first: nothing of ours lies about yet if it fails.
bool Staging::stage_mounts(const Plan& plan, Journal* journal, const GoOn& go_on) {
  for (const auto& planned : plan.mounts) {
    const MountSwap swap = as_begun(planned);
    Status status = rescue_ ? serves_nfs(swap) : Status();
    if (status) status = stage_mount(swap, false, journal);
    if (status) continue;
    if (!go_on({mount_name(swap.places.front().place), status.error(), !rescue_})) return false;
  }
  for (auto& swap : bare_places()) {
    auto status = stage_mount(swap, true, journal);
    if (status) continue;
    Error error = status.error();
    error.why = Fact(FactCode::bare_since_interrupted_swap, {}, error.why);
    if (!go_on({mount_name(swap.places.front().place), error, false})) return false;
  }
  return true;
}

// A server that does not answer would be waited for ten seconds, and the node's default route with
// it.
Status Staging::serves_nfs(const MountSwap& swap) const {
  const auto address = IpAddress::parse(swap.address);
  if (!address || option_value(swap.options, "proto").starts_with("rdma")) return {};
  ServicePort service{Transport::tcp, kNfsPort};
  const std::string port = option_value(swap.options, "port");
  (void)std::from_chars(port.data(), port.data() + port.size(), service.port);
  const auto seen =
      ask_all({{*address, {service}, {}}}, net::MachineProbes::Until::every_service, kAskingMs);
  Fact unready = unready_fact(to_, seen.front().services);
  if (unready.empty()) return {};
  Error error;
  error.what = ErrorClass::timed_out;
  error.why = std::move(unready);
  error.cure = Cure(CureCode::start_service_there, {.to = to_});
  return tl::unexpected(std::move(error));
}

// Of an interrupted run: the places that are left may show a part of the file system only, which
// the new service node need not export by itself.
MountSwap Staging::as_begun(const MountSwap& planned) const {
  const auto begun = std::find_if(
      env_.unfinished_swaps.begin(), env_.unfinished_swaps.end(), [&](const MountSwap& other) {
        return other.superblock == planned.superblock && other.address == planned.address;
      });
  if (begun == env_.unfinished_swaps.end()) return planned;
  MountSwap swap = planned;
  swap.source = begun->source;
  for (auto& place : swap.places) {
    const auto same =
        std::find_if(begun->places.begin(), begun->places.end(),
                     [&](const SwapPlace& other) { return other.place == place.place; });
    if (same == begun->places.end()) return planned;
    place.subpath = same->subpath;
  }
  return swap;
}

Status Staging::stage_mount(const MountSwap& swap, bool bare, Journal* journal) {
  say(Fact(FactCode::staging_mount, {.value = swap.source}), 0);
  if (journal != nullptr) {
    if (auto status = journal->swap(swap); !status) return status;
  }
  auto staged = std::make_unique<SwapMount>(swap, env_.stage_dir, env_.mount_order);
  if (auto status = staged->stage(marker_digest(env_.markers, swap.superblock, swap.source_before));
      !status)
    return status;
  for (size_t i = 0; i < swap.places.size(); ++i) {
    Step step;
    step.what = Fact(FactCode::swapping_mount, {.place = swap.places[i].place});
    step.swap = staged.get();
    step.place = i;
    step.bare = bare;
    steps_.push_back(std::move(step));
  }
  swaps_.push_back(std::move(staged));
  return {};
}

// Of an interrupted run: where the old mount is gone and no new one came.
std::vector<MountSwap> Staging::bare_places() const {
  std::vector<MountSwap> bare;
  if (env_.unfinished_swaps.empty()) return bare;
  const auto table = read_mount_table("/proc/self/mountinfo");
  if (!table) return bare;
  for (auto swap : env_.unfinished_swaps) {
    std::erase_if(swap.places,
                  [&](const SwapPlace& place) { return mount_at(*table, place.place) != nullptr; });
    if (!swap.places.empty()) bare.push_back(std::move(swap));
  }
  return bare;
}

void Staging::discard() {
  for (auto& step : steps_) {
    if (step.replace) step.replace->discard();
  }
  steps_.clear();
  swaps_.clear();
}

}  // namespace sn::agent
