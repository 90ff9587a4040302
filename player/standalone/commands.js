// The closed list of things staff may ask of a screen from afar; each is done once and answered. The answers are read
// by staff, so they are in Vietnamese (player/commands.py, player/deeds.py).

import { objectOr } from "./api.js";

const COMMAND_BYTES = 4096;
const IDENTIFY_MS = 30000;
const REMEMBERED = 100;

export class Commands {
  constructor({ paired, api, surface, stage, clock, restart }, say) {
    Object.assign(this, { paired, api, surface, stage, clock, restart, say, done: [], last: Promise.resolve() });
  }

  // One after the other: a picture may take long, and nobody waits for it.
  put(payload) {
    this.last = this.last.then(() => this.answer(payload)).catch((error) => console.error(error));
  }

  async answer(payload) {
    const at = this.clock.read().now.ms;
    const { id, command, until = Infinity, wrong } = readCommand(payload);
    if (wrong) return this.result("", "", at, false, wrong);
    if (this.done.includes(id)) return undefined; // a broker may deliver a message twice
    this.done = [...this.done.slice(-REMEMBERED + 1), id];
    if (at > until) return this.result(id, command, at, false, "Lệnh đến quá muộn nên không thực hiện.");
    try {
      const deed = Object.hasOwn(this.deeds, command) ? this.deeds[command] : null;
      if (!deed) return this.result(id, command, at, false, "Trình phát không có lệnh này.");
      return this.result(id, command, at, true, await deed(id));
    } catch (error) {
      return this.result(id, command, at, false, error.said ?? "Không thực hiện được lệnh: hãy thử lại sau.");
    }
  }

  result(id, command, at, ok, text) {
    this.say({ format: 1, id, command: String(command).slice(0, 64), ok, text, at });
  }

  deeds = {
    identify: () => {
      this.surface.identify(`${this.paired.name} · ${this.paired.screen}`, this.clock.read().ms + IDENTIFY_MS);
      return "Tên màn hình hiện trong 30 giây.";
    },
    screenshot: async (id) => {
      if (!this.surface.displayed()) throw unable("Không chụp được: không có màn hình nào trả lời.");
      const picture = await this.surface.capture();
      await this.api.screenshot(picture, id).catch(() => {
        throw unable("Đã chụp nhưng chưa gửi được ảnh về máy chủ: hãy thử lại sau.");
      });
      return "Đã gửi ảnh chụp màn hình.";
    },
    reload: () => {
      this.restart();
      return "Đang tải lại trang phát.";
    },
    blank: () => {
      this.stage.blanked = true;
      return "Đã tắt hình.";
    },
    unblank: () => {
      this.stage.blanked = false;
      return "Đã phát trở lại.";
    },
    restart: () => {
      this.restart();
      return "Đang khởi động lại trình phát.";
    },
  };
}

const unable = (said) => Object.assign(new Error(said), { said });

// The command in a message, or what is wrong with it.
function readCommand(payload) {
  if (payload.length > COMMAND_BYTES) return { wrong: "Lệnh dài quá mức cho phép." };
  const data = objectOr(payload, null);
  if (!data) return { wrong: "Lệnh không đọc được." };
  if (data.format !== 1) return { wrong: "Lệnh không đúng định dạng." };
  const known = ["string", "number"].includes(typeof data.id) && Number.isSafeInteger(data.until ?? 0);
  return known
    ? { id: String(data.id).slice(0, 64), command: data.command, until: data.until }
    : { wrong: "Lệnh thiếu mã hoặc ghi sai thời hạn." };
}
