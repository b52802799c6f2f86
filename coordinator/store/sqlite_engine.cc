#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "common/base/unique_fd.h"
#include "coordinator/store/fold.h"
#include "coordinator/store/local_engine.h"
#include "coordinator/store/record.h"
#include "coordinator/store/sqlite.h"

namespace sn::coordinator {

namespace {

// "snkp": tells our file from any other SQLite file.
constexpr int64_t kApplicationId = 0x736e6b70;

// `record`: the log, its bytes as in record.h; `fold`: what of it is folded, by the keys of fold.h;
// `folded`: up to which record.
constexpr const char* kSchema = R"sql(
CREATE TABLE record (number INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
CREATE TABLE fold (key TEXT PRIMARY KEY, change BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE folded (
  one INTEGER PRIMARY KEY CHECK (one = 1), number INTEGER NOT NULL, digest TEXT NOT NULL
);
)sql";
// Rises with every change of the tables or of what is in them.
constexpr int64_t kSchemaVersion = 10;

// Pages that may wait in the write-ahead log for a moment of rest, some 32 MiB: a takeover of 9,000
// nodes writes 4. Beyond, whoever commits waits for the checkpoint.
constexpr const char* kPragmas =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=8000; "
    "PRAGMA cache_size=-8192;";

Result<UniqueFd> lock(const std::string& path) {
  const std::string name = path + ".lock";
  UniqueFd fd(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return fail_errno("opening", name, "check owner and mode of its folder");
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return fd;
  if (errno != EWOULDBLOCK) return fail_errno("locking", name);
  return fail(ErrorClass::busy, "opening", path, "another sncoordd is using it",
              "end the other one; two coordinators need two state_dir");
}

class SqliteEngine final : public LocalEngine {
 public:
  SqliteEngine(Database database, UniqueFd lock_fd, std::function<bool()> make_room)
      : lock_(std::move(lock_fd)),
        database_(std::move(database)),
        make_room_(std::move(make_room)) {}

  Status prepare_file() {
    const auto check = database_.text("PRAGMA quick_check(1)");
    if (!check) return tl::unexpected(check.error());
    if (*check != "ok") return corrupt(*check);
    const auto version = database_.number("PRAGMA user_version");
    if (!version) return tl::unexpected(version.error());
    if (const Status ours = check_owner_and_schema(*version); !ours) return ours;
    if (const Status mode = database_.run(kPragmas); !mode) return mode;
    return *version == 0 ? make_tables() : Status{};
  }

  Result<State> load() override {
    State state;
    LogEnd end;
    Status done = read_folded_to(end);
    const auto take = [&](Statement& from) -> Status {
      const auto change = read_change(from.blob());
      return change ? replay(*change, state) : tl::unexpected(change.error());
    };
    // All but the files.
    const std::string files(kFiles);
    if (done) done = each("SELECT change FROM fold WHERE key<? ORDER BY key", take, files);
    if (done) done = each("SELECT change FROM fold WHERE key>=? ORDER BY key", take, end_of(files));
    if (done) {
      unfolded_ = 0;
      done = each_record(end, [&](const Record& record, size_t size) -> Status {
        unfolded_ += size;
        for (const auto& change : record.changes) {
          if (Status one = replay(change, state); !one) return one;
        }
        return {};
      });
    }
    if (!done) return tl::unexpected(done.error());
    end_ = std::move(end);
    return state;
  }

  [[nodiscard]] size_t unfolded() const override { return unfolded_; }

  // Those that are folded and those that are not, as of one moment.
  Result<ShownTakeover> filed(uint64_t takeover) {
    Status done = database_.run("BEGIN");
    std::vector<StoreChange> files;
    const std::string prefix = files_of(takeover);
    if (done) {
      done = each(
          "SELECT change FROM fold WHERE key>=? AND key<? ORDER BY key",
          [&](Statement& from) -> Status {
            auto change = read_change(from.blob());
            if (!change) return tl::unexpected(change.error());
            files.push_back(std::move(*change));
            return {};
          },
          prefix, end_of(prefix));
    }
    LogEnd end;
    if (done) done = read_folded_to(end);
    if (done) {
      done = each_record(end, [&](const Record& record, size_t) -> Status {
        for (const auto& change : record.changes) {
          const bool is_file = std::holds_alternative<FileTakeover>(change) ||
                               std::holds_alternative<FileParts>(change);
          if (is_file) files.push_back(change);
        }
        return {};
      });
    }
    (void)database_.run("COMMIT");
    if (!done) return tl::unexpected(done.error());
    return shown_from(files, takeover);
  }

  Result<bool> fold() override {
    LogEnd end;
    Status done = read_folded_to(end);
    Fold fold;
    size_t taken = 0;
    const LogEnd before = end;
    if (done) {
      done = each_record(
          end,
          [&](const Record& record, size_t size) -> Status {
            for (const auto& change : record.changes) fold.add(change);
            taken += size;
            return {};
          },
          kFoldSlice);
    }
    if (!done) return tl::unexpected(done.error());
    if (end == before) {
      unfolded_ = 0;
      return false;
    }
    done = database_.run("BEGIN IMMEDIATE");
    if (done) done = write_fold(fold, end);
    if (done) done = database_.run("COMMIT");
    if (!done) {
      (void)database_.run("ROLLBACK");
      return tl::unexpected(done.error());
    }
    unfolded_ -= std::min(unfolded_, taken);
    // What cannot be moved now is moved the next time.
    (void)database_.run("PRAGMA wal_checkpoint(PASSIVE)");
    return true;
  }

 private:
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

  Status append(const std::vector<StoreChange>& batch) override {
    if (batch.empty()) return {};
    if (!end_) {
      if (const auto read = load(); !read) return tl::unexpected(read.error());
    }
    LogEnd end = *end_;
    const auto records = records_of(batch, end);
    if (!records) return tl::unexpected(records.error());
    Status done = insert(*records);
    // What was begun before the disk was full is brought to its end.
    if (!done && make_room_ && make_room_()) done = insert(*records);
    if (!done) return done;
    end_ = std::move(end);
    for (const auto& record : *records) unfolded_ += record.size();
    return {};
  }

  Status insert(const std::vector<std::string>& records) {
    // One row is a transaction of its own.
    const bool many = records.size() > 1;
    Status done = many ? database_.run("BEGIN IMMEDIATE") : Status{};
    uint64_t number = end_->number;
    for (size_t i = 0; done && i < records.size(); ++i) {
      done = write("INSERT INTO record VALUES (?,?)", ++number, Blob{records[i]});
    }
    if (done && many) done = database_.run("COMMIT");
    if (!done && many) (void)database_.run("ROLLBACK");
    return done;
  }

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
  static void put(Statement& to, uint64_t number) { to.bind(static_cast<int64_t>(number)); }
  static void put(Statement& to, const Blob& blob) { to.bind_blob(blob.bytes); }

  Status write_fold(const Fold& fold, const LogEnd& end) {
    if (fold.forgets_keys()) {
      std::vector<std::string> theirs;
      Status read = each("SELECT key, change FROM fold", [&](Statement& from) -> Status {
        std::string key = from.text();
        const auto forgotten = fold.forgets(key, from.blob());
        if (!forgotten) return tl::unexpected(forgotten.error());
        if (*forgotten) theirs.push_back(std::move(key));
        return {};
      });
      if (!read) return read;
      for (const auto& key : theirs) {
        if (Status gone = write("DELETE FROM fold WHERE key=?", key); !gone) return gone;
      }
    }
    for (const auto& files : fold.forgotten_files()) {
      Status gone = write("DELETE FROM fold WHERE key>=? AND key<?", files, end_of(files));
      if (!gone) return gone;
    }
    for (const auto& [key, bytes] : fold.changes()) {
      Status done = bytes ? write("INSERT OR REPLACE INTO fold VALUES (?,?)", key, Blob{*bytes})
                          : write("DELETE FROM fold WHERE key=?", key);
      if (!done) return done;
    }
    Status done = write("INSERT OR REPLACE INTO folded VALUES (1,?,?)", end.number, end.digest);
    if (done) done = write("DELETE FROM record WHERE number<=?", end.number);
    return done;
  }

  // ---------------------------------------------------------------- reading

  // Calls `read` for every row.
  template <class Read, class... Values>
  Status each(const char* sql, Read read, const Values&... values) {
    auto statement = database_.prepare(sql);
    if (!statement) return tl::unexpected(statement.error());
    (put(*statement, values), ...);
    while (true) {
      const auto row = statement->step();
      if (!row) return tl::unexpected(row.error());
      if (!*row) return {};
      if (const Status done = read(*statement); !done) return corrupt(done.error().message());
    }
  }

  // Up to where the log is folded.
  Status read_folded_to(LogEnd& end) {
    return each("SELECT number, digest FROM folded", [&](Statement& from) -> Status {
      end.number = static_cast<uint64_t>(from.number());
      end.digest = from.text();
      return {};
    });
  }

  // Those that follow `end`, which becomes the last one's; at least one batch, and no more than
  // `most` bytes of further ones.
  template <class Read>
  Status each_record(LogEnd& end, Read read, size_t most = SIZE_MAX) {
    auto statement = database_.prepare("SELECT bytes FROM record WHERE number>? ORDER BY number");
    if (!statement) return tl::unexpected(statement.error());
    statement->bind(static_cast<int64_t>(end.number));
    size_t size = 0;
    for (bool whole = true;;) {
      if (whole && size >= most) return {};
      const auto row = statement->step();
      if (!row) return tl::unexpected(row.error());
      if (!*row) return whole ? Status{} : corrupt("the last batch is not whole");
      const std::string bytes = statement->blob();
      const auto record = read_record(bytes, end);
      if (!record) return corrupt(record.error().message());
      if (const Status done = read(*record, bytes.size()); !done)
        return corrupt(done.error().message());
      whole = record->part == record->parts;
      size += bytes.size();
    }
  }

  // In this order: statements go before the database, the lock last.
  UniqueFd lock_;
  Database database_;
  std::function<bool()> make_room_;
  std::map<const char*, Statement> statements_;
  std::optional<LogEnd> end_;  // of the log; unknown until it was read
  size_t unfolded_ = 0;        // bytes of it
};

}  // namespace

Result<ShownTakeover> read_filed(const std::string& path, uint64_t takeover) {
  auto database = Database::open(path);
  if (!database) return tl::unexpected(database.error());
  // Without the lock: it reads, and whoever has the lock goes on.
  return SqliteEngine(std::move(*database), UniqueFd(), {}).filed(takeover);
}

Result<std::unique_ptr<Engine>> open_sqlite_engine(const std::string& path,
                                                   std::function<bool()> make_room) {
  const auto open = [&]() -> Result<std::unique_ptr<Engine>> {
    auto locked = lock(path);
    if (!locked) return tl::unexpected(locked.error());
    auto database = Database::open(path);
    if (!database) return tl::unexpected(database.error());
    auto engine =
        std::make_unique<SqliteEngine>(std::move(*database), std::move(*locked), make_room);
    if (const Status good = engine->prepare_file(); !good) return tl::unexpected(good.error());
    return engine;
  };
  auto opened = open();
  return opened || !make_room || !make_room() ? std::move(opened) : open();
}

}  // namespace sn::coordinator
