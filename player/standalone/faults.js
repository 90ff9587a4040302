// What went wrong lately, for the state topic: a code, a sentence staff can read, a count (player/faults.py).

const KEPT = 20;
const REMEMBERED_MS = 3600 * 1000;
const SENTENCES = {
  NETWORK: "Không liên lạc được với máy chủ; màn hình phát tiếp danh sách đang có.",
  DISK: "Bộ nhớ của thiết bị không ghi hoặc đọc được: hãy kiểm tra chỗ trống và thẻ nhớ.",
  JOURNAL: "Chưa ghi được nhật ký phát: hãy kiểm tra chỗ trống và thẻ nhớ.",
  PLAYS: "Máy chủ chưa nhận nhật ký phát; các lượt phát vẫn được giữ trên thiết bị.",
  ASIDE: "Máy chủ từ chối một lượt phát; lượt phát đó được giữ riêng trên thiết bị và không gửi nữa.",
  OUTCAST: "Thiết bị này đã bị thu hồi nên không phát gì nữa: hãy ghép nối lại bằng thiết bị khác.",
  "E-SIZE": "Tài liệu nhận được dài quá mức cho phép.",
  "E-PARSE": "Tài liệu nhận được không đọc được: mạng có thể chặn bằng trang đăng nhập.",
  "E-TYPE": "Nhận được tài liệu không đúng loại.",
  "E-SIG": "Tài liệu nhận được không có chữ ký đáng tin.",
  "E-THRESH": "Tài liệu nhận được chưa đủ người ký.",
  "E-TRUST": "Tài liệu tin cậy nhận được không hợp lệ.",
  "E-SCHEMA": "Tài liệu nhận được không đúng mẫu.",
  "E-ROOT": "Tài liệu tin cậy mới không nối tiếp tài liệu đang giữ.",
  "E-KEY": "Khóa ký đã hết hiệu lực hoặc bị thu hồi.",
  "E-TARGET": "Nhận được danh sách phát của màn hình khác.",
  "E-ROLLBACK": "Nhận được bản cũ hơn bản đang giữ.",
  "E-FORK": "Nhận được hai bản khác nhau mang cùng một số.",
  "E-MIX": "Các tài liệu nhận được không khớp nhau.",
  "E-FUTURE": "Tài liệu nhận được ghi thời điểm ở tương lai: hãy kiểm tra đồng hồ của thiết bị.",
  "E-APPROVAL": "Danh sách phát có sản phẩm chưa được phê duyệt cho màn hình này.",
  "E-EXPIRED": "Phê duyệt của sản phẩm đã hết hạn.",
  "E-REVOKED": "Sản phẩm đã bị thu hồi.",
  "E-ITEM": "Danh sách phát có tệp không nằm trong phê duyệt.",
  "E-HASH": "Tệp tải về không đúng tệp đã duyệt: mạng có thể chặn bằng trang đăng nhập.",
  "E-ROT": "Tệp trên thiết bị tự hỏng và đang được tải lại: hãy kiểm tra thẻ nhớ.",
};

export class Faults {
  constructor(mono) {
    this.mono = mono;
    this.found = new Map();
  }

  // A document or file was not believed.
  refused(refusal) {
    this.add(refusal.code, refusal.sentence);
  }

  add(code, detail) {
    const known = this.found.get(code);
    if (known?.detail !== detail) console.warn(`${code}: ${detail}`);
    this.found.delete(code);
    this.found.set(code, { code, detail, count: (known?.count ?? 0) + 1, at: this.mono() });
    if (this.found.size > KEPT) this.found.delete(this.found.keys().next().value);
  }

  // It is over: what it was about works again.
  clear(code) {
    this.found.delete(code);
  }

  // Those of the last hour, the latest first.
  listed() {
    const recent = [...this.found.values()].reverse().filter((fault) => this.mono() - fault.at < REMEMBERED_MS);
    return recent.map(({ code, detail, count }) => ({ code, text: SENTENCES[code] ?? detail, count }));
  }
}
