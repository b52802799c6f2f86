// SQLite's C interface as two owning types. Knows nothing of what is stored.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace sn::coordinator {

class Statement;

class Database {
 public:
  static Result<Database> open(const std::string& path);

  // Several statements, without results.
  [[nodiscard]] Status run(const std::string& sql);
  // One statement; the text must be right, it is ours.
  [[nodiscard]] Result<Statement> prepare(std::string_view sql);
  // The one number that a pragma or query answers.
  [[nodiscard]] Result<int64_t> number(std::string_view sql);
  [[nodiscard]] Result<std::string> text(std::string_view sql);

  [[nodiscard]] const std::string& path() const { return path_; }
  // The library's last error as ours, with a cure for the ones an operator can act on.
  [[nodiscard]] tl::unexpected<Error> failure(const std::string& doing) const;

 private:
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  Database(std::unique_ptr<sqlite3, Close> handle, std::string path);
  std::unique_ptr<sqlite3, Close> handle_;
  std::string path_;
};

// A prepared statement. Must not outlive its Database. Bind all, then execute() or step() until
// false; bind again for the next round.
class Statement {
 public:
  // Positions are 1, 2, 3... in the order of the calls.
  Statement& bind(std::string_view text);
  Statement& bind(int64_t number);
  Statement& bind_blob(std::string_view bytes);
  [[nodiscard]] Status execute();

  // true: a row is there. Columns are read in order, from 0 on.
  [[nodiscard]] Result<bool> step();
  [[nodiscard]] std::string text();
  [[nodiscard]] int64_t number();
  [[nodiscard]] std::string blob();

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* handle) const;
  };
  Statement(sqlite3_stmt* handle, std::string path) : handle_(handle), path_(std::move(path)) {}
  tl::unexpected<Error> failure(const char* doing);
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
  std::string path_;
  int parameter_ = 0;
  int column_ = 0;
  int bind_error_ = 0;
};

}  // namespace sn::coordinator
