// The words of the enumerations that cross the socket: reading one tries them all.
#pragma once

#include "common/model/nfs_mount.h"
#include "common/model/reference.h"
#include "common/model/server_state.h"
#include "coordinator/core/commands.h"

namespace sn::coordinator {

template <class Enum>
struct Words;
template <>
struct Words<MountClass> {
  static constexpr MountClass kAll[] = {MountClass::external, MountClass::service_node,
                                        MountClass::other};
};
template <>
struct Words<StuckPolicy> {
  static constexpr StuckPolicy kAll[] = {StuckPolicy::keep, StuckPolicy::orphan, StuckPolicy::kill};
};
template <>
struct Words<Verdict> {
  static constexpr Verdict kAll[] = {Verdict::none,    Verdict::verified, Verdict::partly,
                                     Verdict::blocked, Verdict::failed,   Verdict::pending,
                                     Verdict::held};
};
template <>
struct Words<FindingClass> {
  static constexpr FindingClass kAll[] = {
      FindingClass::blocked,   FindingClass::left,    FindingClass::not_in_effect,
      FindingClass::drift,     FindingClass::returns, FindingClass::boot_time_only,
      FindingClass::unclaimed, FindingClass::kept,    FindingClass::note};
};
template <>
struct Words<RowState> {
  static constexpr RowState kAll[] = {RowState::observed, RowState::held, RowState::waiting,
                                      RowState::released};
};
template <>
struct Words<ServiceNodeState> {
  static constexpr ServiceNodeState kAll[] = {ServiceNodeState::up, ServiceNodeState::suspect,
                                              ServiceNodeState::failed,
                                              ServiceNodeState::maintenance};
};
template <>
struct Words<ServerState> {
  static constexpr ServerState kAll[] = {ServerState::unknown, ServerState::answering,
                                         ServerState::slow, ServerState::suspicious,
                                         ServerState::silent};
};
template <>
struct Words<SeenFrom> {
  static constexpr SeenFrom kAll[] = {SeenFrom::unknown, SeenFrom::answering, SeenFrom::silent};
};
template <>
struct Words<TakeoverState> {
  static constexpr TakeoverState kAll[] = {TakeoverState::running, TakeoverState::stopped,
                                           TakeoverState::aborted, TakeoverState::finished};
};

}  // namespace sn::coordinator
