#include "coordinator/store/sqlite.h"

#include <sqlite3.h>

#include <utility>

namespace sn::coordinator {

namespace {

// A reader (sqlite3 on the command line) may hold the file for a moment; more is a mistake.
constexpr int kBusy_ms = 5'000;

ErrorClass class_of(int code) {
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorClass::corrupt;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ErrorClass::busy;
    case SQLITE_FULL:
    case SQLITE_NOMEM:
      return ErrorClass::limit;
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
      return ErrorClass::denied;
    default:
      return ErrorClass::internal;
  }
}

std::string cure_of(int code, const std::string& path) {
  switch (class_of(code)) {
    case ErrorClass::corrupt:
      return "restore " + path +
             " from a backup; or move it away, then every node is again what "
             "the inventory says, nothing is moved, and keys must be added again";
    case ErrorClass::busy:
      return "end the program that holds " + path;
    case ErrorClass::limit:
      return "make room on its file system";
    case ErrorClass::denied:
      return "check owner and mode of " + path + " and its folder";
    default:
      return {};
  }
}

tl::unexpected<Error> fail_sqlite(int code, const std::string& doing, const std::string& path,
                                  const char* message) {
  return fail(class_of(code), doing, path, message == nullptr ? sqlite3_errstr(code) : message,
              cure_of(code, path));
}

}  // namespace

void Database::Close::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

Database::Database(std::unique_ptr<sqlite3, Close> handle, std::string path)
    : handle_(std::move(handle)), path_(std::move(path)) {}

Result<Database> Database::open(const std::string& path) {
  sqlite3* handle = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &handle,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(std::unique_ptr<sqlite3, Close>(handle), path);
  if (code != SQLITE_OK) {
    return fail_sqlite(code, "opening", path, handle == nullptr ? nullptr : sqlite3_errmsg(handle));
  }
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusy_ms);
  return database;
}

tl::unexpected<Error> Database::failure(const std::string& doing) const {
  return fail_sqlite(sqlite3_errcode(handle_.get()), doing, path_, sqlite3_errmsg(handle_.get()));
}

Status Database::run(const std::string& sql) {
  if (sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return failure("writing");
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* handle = nullptr;
  const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  Statement statement(handle, path_);
  if (code != SQLITE_OK) return failure("reading");
  return statement;
}

Result<int64_t> Database::number(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) return tl::unexpected(statement.error());
  const auto row = statement->step();
  if (!row) return tl::unexpected(row.error());
  return *row ? statement->number() : 0;
}

Result<std::string> Database::text(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) return tl::unexpected(statement.error());
  const auto row = statement->step();
  if (!row) return tl::unexpected(row.error());
  return *row ? statement->text() : std::string();
}

void Statement::Finalize::operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }

Statement& Statement::bind(std::string_view text) {
  const int code = sqlite3_bind_text64(handle_.get(), ++parameter_, text.data(), text.size(),
                                       SQLITE_TRANSIENT, SQLITE_UTF8);
  if (code != SQLITE_OK) bind_error_ = code;
  return *this;
}

Statement& Statement::bind(int64_t number) {
  const int code = sqlite3_bind_int64(handle_.get(), ++parameter_, number);
  if (code != SQLITE_OK) bind_error_ = code;
  return *this;
}

Statement& Statement::bind_blob(std::string_view bytes) {
  const int code = sqlite3_bind_blob64(handle_.get(), ++parameter_, bytes.data(), bytes.size(),
                                       SQLITE_TRANSIENT);
  if (code != SQLITE_OK) bind_error_ = code;
  return *this;
}

tl::unexpected<Error> Statement::failure(const char* doing) {
  sqlite3* database = sqlite3_db_handle(handle_.get());
  const int code = sqlite3_errcode(database);
  auto error = fail_sqlite(code, doing, path_, sqlite3_errmsg(database));
  sqlite3_reset(handle_.get());
  parameter_ = 0;
  return error;
}

Status Statement::execute() {
  const auto row = step();
  if (!row) return tl::unexpected(row.error());
  sqlite3_reset(handle_.get());
  parameter_ = 0;
  return {};
}

Result<bool> Statement::step() {
  if (bind_error_ != SQLITE_OK) {
    const int code = std::exchange(bind_error_, SQLITE_OK);
    return fail_sqlite(code, "writing", path_, nullptr);
  }
  column_ = 0;
  switch (sqlite3_step(handle_.get())) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      sqlite3_reset(handle_.get());
      parameter_ = 0;
      return false;
    default:
      return failure("reading or writing");
  }
}

std::string Statement::text() { return blob(); }

int64_t Statement::number() { return sqlite3_column_int64(handle_.get(), column_++); }

std::string Statement::blob() {
  // The bytes first: asking for the size afterwards is the order SQLite documents as safe.
  const void* bytes = sqlite3_column_blob(handle_.get(), column_);
  const int size = sqlite3_column_bytes(handle_.get(), column_);
  ++column_;
  if (bytes == nullptr || size <= 0) return {};
  return {static_cast<const char*>(bytes), static_cast<size_t>(size)};
}

}  // namespace sn::coordinator
