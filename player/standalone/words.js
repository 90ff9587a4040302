// What is missing, said on the slate: one sentence for whoever stands before the screen.

import { whyNot } from "./contract/index.js";
import { isOutcast } from "./beliefs.js";

export function missing({ state, now, device, cache, faults }) {
  if (isOutcast(state, device)) return "Thiết bị này đã bị thu hồi: hãy ghép nối màn hình bằng thiết bị khác.";
  const offline = faults.found.has("NETWORK") ? "Chưa liên lạc được với máy chủ. " : "";
  if (state.playlist === null) return `${offline}Đang chờ danh sách phát đầu tiên.`;
  const { entries } = state.playlist;
  if (!entries.length) return "Chưa có sản phẩm nào được xếp cho màn hình này.";
  const files = new Map(entries.map(({ rendition }) => [rendition.sha256, rendition]));
  const here = [...files.values()].filter((rendition) => cache.holds(rendition)).length;
  if (here < files.size) return `${offline}Đã tải ${here}/${files.size} tệp của danh sách phát.`;
  if (entries.every((entry) => whyNot(state, entry, now) !== null)) {
    return "Không còn sản phẩm nào được phép chiếu: phê duyệt đã hết hạn hoặc bị thu hồi.";
  }
  return now.known ? "" : "Chưa biết giờ đúng: đang chờ máy chủ.";
}
