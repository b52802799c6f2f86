// snctl sn clear SN: the service node is well again.
#include "common/facts/text.h"
#include "coordinator/snctl/verbs.h"

namespace sn::coordinator {

namespace {

constexpr int kUsageError = 2;

}  // namespace

int clear_service_node(const Terminal& terminal, const std::string& name, bool yes) {
  catch_interrupt();
  auto client = Client::connect(terminal.socket);
  if (!client) return report(client.error());
  if (const Status asked = client->ask(ClearServiceNodeCommand{name, "", !yes}); !asked) {
    return report(asked.error());
  }
  while (true) {
    const auto line = client->next(kAnswer_ms);
    if (!line) return report(line.error());
    if (!*line) return 1;
    const auto* question = std::get_if<QuestionAnswer>(&(*line)->answer.value);
    if (question == nullptr) return finish(terminal, **line, "", 0);
    const std::string what = text_of(question->what);
    if (terminal.json || !on_terminal()) {
      (void)report(fail(ErrorClass::invalid_input, "", "",
                        what + ", and stdin is not a terminal: nobody can be asked",
                        "to mark it up all the same: snctl sn clear " + name + " --yes")
                       .value());
      return kUsageError;
    }
    const bool go = ask_yes(what + ".\nMark it up all the same? [y/N] ");
    if (const Status said = client->ask(ConfirmCommand{go, false}); !said) {
      return report(said.error());
    }
  }
}

}  // namespace sn::coordinator
