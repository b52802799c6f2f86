// The stable ids of what happens (PROTOCOL.md section 7, and every line of the coordinator's log).
// An id never changes its meaning; a new meaning gets a new id.
#pragma once

namespace sn::coordinator::event {

struct Kind {
  const char* id;
  const char* what;
};

inline constexpr Kind kCoordinatorStarted{"SN0101", "coordinator_started"};
inline constexpr Kind kNodeConnected{"SN0201", "node_connected"};
inline constexpr Kind kNodeLost{"SN0202", "node_lost"};
inline constexpr Kind kNodeRefused{"SN0203", "node_refused"};
inline constexpr Kind kNodeQuarantined{"SN0204", "node_quarantined"};
inline constexpr Kind kNodeCleared{"SN0205", "node_cleared"};
inline constexpr Kind kGenerationJump{"SN0206", "generation_jump"};
inline constexpr Kind kNodeOverBudget{"SN0207", "node_over_budget"};
inline constexpr Kind kTakeoverStarted{"SN0301", "takeover_started"};
inline constexpr Kind kTakeoverFinished{"SN0302", "takeover_finished"};
inline constexpr Kind kTakeoverStopped{"SN0303", "takeover_stopped"};
inline constexpr Kind kTakeoverResumed{"SN0304", "takeover_resumed"};
inline constexpr Kind kTakeoverAborted{"SN0305", "takeover_aborted"};
inline constexpr Kind kRehearsed{"SN0306", "rehearsed"};
inline constexpr Kind kNodeTold{"SN0310", "node_told"};
inline constexpr Kind kNodeWaits{"SN0311", "node_waits"};
inline constexpr Kind kNodeVerified{"SN0320", "node_verified"};
inline constexpr Kind kNodePartly{"SN0321", "node_partly"};
inline constexpr Kind kNodeBlocked{"SN0322", "node_blocked"};
inline constexpr Kind kNodeFailed{"SN0323", "node_failed"};
inline constexpr Kind kNodeHeld{"SN0324", "node_held"};
inline constexpr Kind kNodeGivenBack{"SN0325", "node_given_back"};
inline constexpr Kind kDrift{"SN0330", "drift"};
inline constexpr Kind kDriftAcknowledged{"SN0331", "drift_acknowledged"};
inline constexpr Kind kMountAppeared{"SN0340", "mount_appeared"};
inline constexpr Kind kMountGone{"SN0341", "mount_gone"};
inline constexpr Kind kFrozen{"SN0401", "frozen"};
inline constexpr Kind kThawed{"SN0402", "thawed"};
inline constexpr Kind kTableMended{"SN0403", "table_mended"};
inline constexpr Kind kServiceNodeState{"SN0410", "service_node_state"};
inline constexpr Kind kServiceNodeReturned{"SN0411", "service_node_returned"};
inline constexpr Kind kServiceNodeSilent{"SN0412", "service_node_silent"};
inline constexpr Kind kServiceNodeHalfDead{"SN0413", "service_node_half_dead"};
inline constexpr Kind kServiceNodeAnswering{"SN0414", "service_node_answering"};
inline constexpr Kind kDiskFull{"SN0415", "disk_full"};
inline constexpr Kind kDiskHasRoom{"SN0416", "disk_has_room"};
inline constexpr Kind kServerSilent{"SN0430", "server_silent"};
inline constexpr Kind kServerSlow{"SN0431", "server_slow"};
inline constexpr Kind kServerAnswering{"SN0432", "server_answering"};
inline constexpr Kind kServerDoubted{"SN0433", "server_doubted"};
inline constexpr Kind kNodeKnocks{"SN0422", "node_knocks"};
inline constexpr Kind kKeyDoubled{"SN0423", "key_doubled"};
inline constexpr Kind kKeyRejected{"SN0424", "key_rejected"};
inline constexpr Kind kKeyAdded{"SN0420", "key_added"};
inline constexpr Kind kKeyRevoked{"SN0421", "key_revoked"};
inline constexpr Kind kFeedKeyAdded{"SN0425", "feed_key_added"};
inline constexpr Kind kFeedKeyRevoked{"SN0426", "feed_key_revoked"};

}  // namespace sn::coordinator::event
