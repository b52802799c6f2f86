#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "common/base/unique_fd.h"
#include "common/facts/text.h"
#include "common/wire/codec.h"
#include "coordinator/store/sqlite.h"
#include "coordinator/store/state_store.h"

namespace sn::coordinator {

namespace {

// "snkp": tells our file from any other SQLite file.
constexpr int64_t kApplicationId = 0x736e6b70;

// Lists of service nodes are names joined by one space (a name has none); reasons, cures, outcomes
// and logs are the wire's MessagePack maps (common/wire/codec.h).
constexpr const char* kSchema = R"sql(
CREATE TABLE assignment (
  node TEXT NOT NULL, serial INTEGER NOT NULL, takeover INTEGER NOT NULL,
  generation INTEGER NOT NULL, restores INTEGER NOT NULL, target TEXT NOT NULL,
  from_set TEXT NOT NULL, arrived INTEGER NOT NULL, undo INTEGER NOT NULL, planned INTEGER NOT NULL, strict INTEGER NOT NULL,
  stuck TEXT NOT NULL, plan_group TEXT NOT NULL, outlook TEXT NOT NULL, is_canary INTEGER NOT NULL,
  state TEXT NOT NULL, verdict TEXT NOT NULL, reason BLOB NOT NULL, cure BLOB NOT NULL,
  told_ms INTEGER NOT NULL, ended_ms INTEGER NOT NULL, outcome BLOB NOT NULL, log BLOB NOT NULL,
  PRIMARY KEY (node, serial)
) WITHOUT ROWID;
CREATE TABLE service_node (
  name TEXT PRIMARY KEY, state TEXT NOT NULL, since_ms INTEGER NOT NULL, takeover TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE takeover (
  number INTEGER PRIMARY KEY, from_node TEXT NOT NULL, planned INTEGER NOT NULL,
  strict INTEGER NOT NULL, started_by TEXT NOT NULL, started_ms INTEGER NOT NULL,
  finished_ms INTEGER NOT NULL, timeout_ms INTEGER NOT NULL, state TEXT NOT NULL,
  stuck TEXT NOT NULL, undoes INTEGER NOT NULL, canary INTEGER NOT NULL,
  in_flight INTEGER NOT NULL, max_failures INTEGER NOT NULL, why BLOB NOT NULL,
  resumed_ms INTEGER NOT NULL, fenced INTEGER NOT NULL, forced INTEGER NOT NULL,
  back_to TEXT NOT NULL
);
CREATE TABLE takeover_stray (
  takeover INTEGER NOT NULL, position INTEGER NOT NULL, node TEXT NOT NULL,
  belongs_to TEXT NOT NULL, reference_count INTEGER NOT NULL, PRIMARY KEY (takeover, position)
) WITHOUT ROWID;
CREATE TABLE freeze (
  one INTEGER PRIMARY KEY CHECK (one = 1), frozen INTEGER NOT NULL, frozen_by TEXT NOT NULL,
  since_ms INTEGER NOT NULL
);
CREATE TABLE generation (one INTEGER PRIMARY KEY CHECK (one = 1), last INTEGER NOT NULL);
CREATE TABLE acknowledgement (
  node TEXT PRIMARY KEY, drift BLOB NOT NULL, acknowledged_by TEXT NOT NULL,
  since_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE node_key (public_key TEXT PRIMARY KEY, node TEXT NOT NULL, added_ms INTEGER NOT NULL);
)sql";
// Rises with every change of the tables or of what is in them.
constexpr int64_t kSchemaVersion = 8;

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> names;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    names.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return names;
}

std::string log_bytes(const std::vector<LogLine>& lines) {
  wire::FactLog log;
  for (const auto& line : lines) {
    log.lines.push_back({static_cast<uint64_t>(std::max<int64_t>(line.unix_ms, 0)), line.what});
  }
  return wire::encode_log(log);
}

Result<UniqueFd> lock(const std::string& path) {
  const std::string name = path + ".lock";
  UniqueFd fd(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return fail_errno("opening", name, "check owner and mode of its folder");
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return fd;
  if (errno != EWOULDBLOCK) return fail_errno("locking", name);
  return fail(ErrorClass::busy, "opening", path, "another sncoordd is using it",
              "end the other one; two coordinators need two state_dir");
}

class SqliteStore final : public StateStore {
 public:
  SqliteStore(Database database, UniqueFd lock_fd)
      : lock_(std::move(lock_fd)), database_(std::move(database)) {}

  Status prepare_file() {
    const auto check = database_.text("PRAGMA quick_check(1)");
    if (!check) return tl::unexpected(check.error());
    if (*check != "ok") return corrupt(*check);
    const auto version = database_.number("PRAGMA user_version");
    if (!version) return tl::unexpected(version.error());
    if (const Status ours = check_owner_and_schema(*version); !ours) return ours;
    if (const Status mode = database_.run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
        !mode) {
      return mode;
    }
    return *version == 0 ? make_tables() : Status{};
  }

  Result<State> load() override {
    State state;
    for (const auto step :
         {&SqliteStore::load_service_nodes, &SqliteStore::load_takeovers, &SqliteStore::load_strays,
          &SqliteStore::load_assignments, &SqliteStore::load_singles, &SqliteStore::load_keys,
          &SqliteStore::load_acknowledgements}) {
      if (const Status done = (this->*step)(state); !done) return tl::unexpected(done.error());
    }
    return state;
  }

  Status commit(const std::vector<StoreChange>& changes) override {
    if (changes.empty()) return {};
    if (const Status begun = database_.run("BEGIN IMMEDIATE"); !begun) return begun;
    const auto outdated = outdated_puts(changes);
    for (size_t i = 0; i < changes.size(); ++i) {
      if (outdated[i]) continue;
      const Status done = std::visit([this](const auto& one) { return apply(one); }, changes[i]);
      if (done) continue;
      (void)database_.run("ROLLBACK");
      return done;
    }
    const Status done = database_.run("COMMIT");
    if (!done) (void)database_.run("ROLLBACK");
    return done;
  }

 private:
  // An assignment that is put again later in the same transaction is written once: whoever is
  // released is told in the same turn, and both are recorded.
  static std::vector<bool> outdated_puts(const std::vector<StoreChange>& changes) {
    std::vector<bool> outdated(changes.size());
    std::set<std::pair<std::string_view, uint32_t>> later;
    for (size_t i = changes.size(); i-- > 0;) {
      const auto* put = std::get_if<PutAssignment>(&changes[i]);
      // What is dropped in between is an other row under the same key.
      if (std::holds_alternative<DropAssignment>(changes[i])) later.clear();
      if (put == nullptr) continue;
      outdated[i] = !later.emplace(put->assignment.node, put->assignment.serial).second;
    }
    return outdated;
  }

  // ---------------------------------------------------------------- schema

  tl::unexpected<Error> corrupt(const std::string& why) const {
    return fail(ErrorClass::corrupt, "reading", database_.path(), why,
                "restore " + database_.path() +
                    " from a backup; or move it away, then every node is again what the inventory "
                    "says, nothing is moved, and keys must be added again");
  }

  Status check_owner_and_schema(int64_t version) {
    const auto application = database_.number("PRAGMA application_id");
    const auto tables = database_.number("SELECT count(*) FROM sqlite_schema");
    if (!application) return tl::unexpected(application.error());
    if (!tables) return tl::unexpected(tables.error());
    if (*application != kApplicationId && *tables > 0) {
      return fail(ErrorClass::invalid_input, "opening", database_.path(),
                  "a database of some other program", "correct state_dir");
    }
    if (version > kSchemaVersion) {
      return fail(ErrorClass::superseded, "opening", database_.path(),
                  "written by a newer sncoordd (schema " + std::to_string(version) +
                      ", this one knows " + std::to_string(kSchemaVersion) + ")",
                  "install that version again, or restore a backup from before the upgrade");
    }
    // Before version 1.0 nothing is carried over.
    if (version != kSchemaVersion && *tables > 0) {
      return fail(
          ErrorClass::superseded, "opening", database_.path(),
          "written by an older sncoordd (schema " + std::to_string(version) + ", this one knows " +
              std::to_string(kSchemaVersion) + ")",
          "install that version again to go on with it; or move it away, then every node is "
          "again what the inventory says, nothing is moved, and keys must be added again");
    }
    return {};
  }

  Status make_tables() {
    return database_.run(std::string("BEGIN IMMEDIATE;") + kSchema +
                         "PRAGMA user_version=" + std::to_string(kSchemaVersion) +
                         ";PRAGMA application_id=" + std::to_string(kApplicationId) + ";COMMIT;");
  }

  // ---------------------------------------------------------------- writing

  // Prepared once; the key is the literal's address.
  Result<Statement*> prepared(const char* sql) {
    const auto found = statements_.find(sql);
    if (found != statements_.end()) return &found->second;
    auto statement = database_.prepare(sql);
    if (!statement) return tl::unexpected(statement.error());
    return &statements_.emplace(sql, std::move(*statement)).first->second;
  }

  template <class... Values>
  Status write(const char* sql, const Values&... values) {
    const auto statement = prepared(sql);
    if (!statement) return tl::unexpected(statement.error());
    (put(**statement, values), ...);
    return (*statement)->execute();
  }

  struct Blob {
    std::string bytes;
  };
  static void put(Statement& to, const std::string& text) { to.bind(text); }
  static void put(Statement& to, std::string_view text) { to.bind(text); }
  static void put(Statement& to, int64_t number) { to.bind(number); }
  static void put(Statement& to, uint64_t number) { to.bind(static_cast<int64_t>(number)); }
  static void put(Statement& to, uint32_t number) { to.bind(static_cast<int64_t>(number)); }
  static void put(Statement& to, bool flag) { to.bind(static_cast<int64_t>(flag ? 1 : 0)); }
  static void put(Statement& to, const Blob& blob) { to.bind_blob(blob.bytes); }

  Status apply(const PutAssignment& change) {
    const Assignment& one = change.assignment;
    Blob outcome;
    if (one.outcome != wire::Outcome{}) outcome.bytes = wire::encode_outcome(one.outcome);
    return write(
        "INSERT OR REPLACE INTO assignment VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        one.node, one.serial, one.takeover, one.generation, one.restores, one.to,
        join(one.from, " "), one.arrived, one.undo, one.terms.planned, one.terms.strict,
        to_string(one.terms.stuck), one.group, to_string(one.outlook), one.canary,
        to_string(one.state), to_string(one.verdict), Blob{wire::encode_fact(one.reason)},
        Blob{wire::encode_cure(one.cure)}, one.told_unix_ms, one.ended_unix_ms, outcome,
        Blob{log_bytes(one.log)});
  }
  Status apply(const DropAssignment& change) {
    return write("DELETE FROM assignment WHERE node=? AND serial=?", change.node, change.serial);
  }
  Status apply(const PutServiceNode& change) {
    const ServiceNodeRecord& record = change.record;
    return write("INSERT OR REPLACE INTO service_node VALUES (?,?,?,?)", record.name,
                 to_string(record.state), record.since_unix_ms, record.takeover);
  }
  Status apply(const PutTakeover& change) {
    const TakeoverHeader& takeover = change.header;
    Status done =
        write("INSERT OR REPLACE INTO takeover VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
              takeover.number, takeover.from, takeover.terms.planned, takeover.terms.strict,
              takeover.by, takeover.started_unix_ms, takeover.finished_unix_ms, takeover.timeout_ms,
              to_string(takeover.state), to_string(takeover.terms.stuck), takeover.undoes,
              takeover.waves.canary, takeover.waves.window, takeover.waves.max_failures,
              Blob{wire::encode_fact(takeover.why)}, takeover.resumed_unix_ms, takeover.fenced,
              takeover.forced, takeover.back_to);
    if (!done) return done;
    done = write("DELETE FROM takeover_stray WHERE takeover=?", takeover.number);
    for (size_t i = 0; done && i < takeover.strays.size(); ++i) {
      const Stray& stray = takeover.strays[i];
      done = write("INSERT INTO takeover_stray VALUES (?,?,?,?,?)", takeover.number,
                   static_cast<uint64_t>(i), stray.node, stray.belongs_to, stray.references);
    }
    return done;
  }
  Status apply(const DropTakeover& change) {
    Status done = write("DELETE FROM takeover_stray WHERE takeover=?", change.takeover);
    if (done) done = write("DELETE FROM takeover WHERE number=?", change.takeover);
    return done;
  }
  Status apply(const PutFreeze& change) {
    return write("INSERT OR REPLACE INTO freeze VALUES (1,?,?,?)", change.freeze.frozen,
                 change.freeze.by, change.freeze.since_unix_ms);
  }
  Status apply(const PutGeneration& change) {
    return write("INSERT OR REPLACE INTO generation VALUES (1,?)", change.last_generation);
  }
  Status apply(const PutKey& change) {
    return write("INSERT OR REPLACE INTO node_key VALUES (?,?,?)", change.key.public_key,
                 change.key.node, change.key.added_unix_ms);
  }
  Status apply(const DropKeys& change) {
    return write("DELETE FROM node_key WHERE node=?", change.node);
  }
  Status apply(const PutAcknowledgement& change) {
    const Acknowledgement& one = change.acknowledgement;
    return write("INSERT OR REPLACE INTO acknowledgement VALUES (?,?,?,?)", one.node,
                 Blob{wire::encode_fact(one.drift)}, one.by, one.since_unix_ms);
  }
  Status apply(const DropAcknowledgement& change) {
    return write("DELETE FROM acknowledgement WHERE node=?", change.node);
  }

  // ---------------------------------------------------------------- reading

  // Calls `read` for every row; it returns what is wrong with it, or "".
  template <class Read>
  Status each(const char* sql, Read read) {
    auto statement = database_.prepare(sql);
    if (!statement) return tl::unexpected(statement.error());
    while (true) {
      const auto row = statement->step();
      if (!row) return tl::unexpected(row.error());
      if (!*row) return {};
      if (const std::string wrong = read(*statement); !wrong.empty()) return corrupt(wrong);
    }
  }

  Status load_service_nodes(State& state) {
    return each("SELECT * FROM service_node", [&](Statement& from) -> std::string {
      ServiceNodeRecord record;
      record.name = from.text();
      const auto found = from_word<ServiceNodeState>(from.text());
      record.since_unix_ms = from.number();
      record.takeover = from.text();
      if (!found) return "service node " + record.name + " has an unknown state";
      record.state = *found;
      std::string key = record.name;
      state.service_nodes.emplace(std::move(key), std::move(record));
      return {};
    });
  }

  Status load_takeovers(State& state) {
    return each("SELECT * FROM takeover", [&](Statement& from) -> std::string {
      Takeover takeover;
      takeover.number = static_cast<uint64_t>(from.number());
      takeover.from = from.text();
      takeover.terms.planned = from.number() != 0;
      takeover.terms.strict = from.number() != 0;
      takeover.by = from.text();
      takeover.started_unix_ms = from.number();
      takeover.finished_unix_ms = from.number();
      takeover.timeout_ms = static_cast<uint32_t>(from.number());
      const auto found = from_word<TakeoverState>(from.text());
      const auto stuck = from_word<StuckPolicy>(from.text());
      if (!found || !stuck) return takeover.id() + " has an unknown state or policy";
      takeover.terms.stuck = *stuck;
      takeover.state = *found;
      takeover.undoes = static_cast<uint64_t>(from.number());
      takeover.waves.canary = static_cast<uint32_t>(from.number());
      takeover.waves.window = static_cast<uint32_t>(from.number());
      takeover.waves.max_failures = static_cast<uint32_t>(from.number());
      const auto why = wire::decode_fact(from.blob());
      if (!why) return takeover.id() + " was stopped for an unknown reason";
      takeover.why = *why;
      takeover.resumed_unix_ms = from.number();
      takeover.fenced = from.number() != 0;
      takeover.forced = from.number() != 0;
      takeover.back_to = from.text();
      const uint64_t key = takeover.number;
      state.takeovers.emplace(key, std::move(takeover));
      return {};
    });
  }

  Status load_strays(State& state) {
    return each(
        "SELECT takeover, node, belongs_to, reference_count FROM takeover_stray "
        "ORDER BY takeover, position",
        [&](Statement& from) -> std::string {
          const auto number = static_cast<uint64_t>(from.number());
          Stray stray;
          stray.node = from.text();
          stray.belongs_to = from.text();
          stray.references = static_cast<uint32_t>(from.number());
          const auto takeover = state.takeovers.find(number);
          if (takeover == state.takeovers.end()) return orphan(number);
          takeover->second.strays.push_back(std::move(stray));
          return {};
        });
  }

  Status load_assignments(State& state) {
    return each("SELECT * FROM assignment ORDER BY node, serial",
                [&](Statement& from) -> std::string {
                  Assignment one;
                  if (std::string wrong = read(from, one); !wrong.empty()) return wrong;
                  if (one.takeover != 0 && !state.takeovers.contains(one.takeover)) {
                    return orphan(one.takeover);
                  }
                  state.put(std::move(one));
                  return {};
                });
  }

  // What is wrong with it, or "".
  static std::string read(Statement& from, Assignment& one) {
    one.node = from.text();
    one.serial = static_cast<uint32_t>(from.number());
    one.takeover = static_cast<uint64_t>(from.number());
    one.generation = static_cast<uint64_t>(from.number());
    one.restores = static_cast<uint32_t>(from.number());
    one.to = from.text();
    one.from = split(from.text());
    one.arrived = from.number() != 0;
    one.undo = static_cast<uint64_t>(from.number());
    one.terms.planned = from.number() != 0;
    one.terms.strict = from.number() != 0;
    const auto stuck = from_word<StuckPolicy>(from.text());
    one.group = from.text();
    const auto outlook = from_word<Outlook>(from.text());
    one.canary = from.number() != 0;
    const auto assigned = from_word<AssignmentState>(from.text());
    const auto verdict = from_word<Verdict>(from.text());
    const auto reason = wire::decode_fact(from.blob());
    const auto cure = wire::decode_cure(from.blob());
    one.told_unix_ms = from.number();
    one.ended_unix_ms = from.number();
    const std::string outcome = from.blob();
    const auto log = wire::decode_log(from.blob());
    const std::string place = "assignment " + std::to_string(one.serial) + " of " + one.node;
    if (!stuck || !assigned || !verdict) return place + " has an unknown state, verdict or policy";
    if (!reason || !cure || !outlook || !log) {
      return place + " has an unknown reason, cure, outlook or log";
    }
    one.terms.stuck = *stuck;
    one.outlook = *outlook;
    one.state = *assigned;
    one.verdict = *verdict;
    one.reason = *reason;
    one.cure = *cure;
    if (!outcome.empty()) {
      auto decoded = wire::decode_outcome(outcome);
      if (!decoded) return place + ": " + decoded.error().message();
      one.outcome = std::move(*decoded);
    }
    for (const auto& line : log->lines) {
      one.log.push_back({static_cast<int64_t>(line.unix_ms), line.what});
    }
    return {};
  }

  Status load_singles(State& state) {
    Status frozen =
        each("SELECT frozen, frozen_by, since_ms FROM freeze", [&](Statement& from) -> std::string {
          state.freeze.frozen = from.number() != 0;
          state.freeze.by = from.text();
          state.freeze.since_unix_ms = from.number();
          return {};
        });
    if (!frozen) return frozen;
    return each("SELECT last FROM generation", [&](Statement& from) -> std::string {
      state.last_generation = static_cast<uint64_t>(from.number());
      return {};
    });
  }

  Status load_keys(State& state) {
    return each("SELECT node, public_key, added_ms FROM node_key ORDER BY rowid",
                [&](Statement& from) -> std::string {
                  NodeKey key;
                  key.node = from.text();
                  key.public_key = from.text();
                  key.added_unix_ms = from.number();
                  state.keys.push_back(std::move(key));
                  return {};
                });
  }

  Status load_acknowledgements(State& state) {
    return each("SELECT * FROM acknowledgement", [&](Statement& from) -> std::string {
      Acknowledgement one;
      one.node = from.text();
      const auto drift = wire::decode_fact(from.blob());
      one.by = from.text();
      one.since_unix_ms = from.number();
      if (!drift) return "what was acknowledged of " + one.node + " is not known";
      one.drift = *drift;
      std::string key = one.node;
      state.acknowledgements.emplace(std::move(key), std::move(one));
      return {};
    });
  }

  static std::string orphan(uint64_t number) {
    return takeover_id(number) + " has nodes but no header";
  }

  // In this order: statements go before the database, the lock last.
  UniqueFd lock_;
  Database database_;
  std::map<const char*, Statement> statements_;
};

}  // namespace

Result<std::unique_ptr<StateStore>> open_sqlite_store(const std::string& path) {
  auto locked = lock(path);
  if (!locked) return tl::unexpected(locked.error());
  auto database = Database::open(path);
  if (!database) return tl::unexpected(database.error());
  auto store = std::make_unique<SqliteStore>(std::move(*database), std::move(*locked));
  if (const Status good = store->prepare_file(); !good) return tl::unexpected(good.error());
  return store;
}

}  // namespace sn::coordinator
