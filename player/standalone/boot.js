// First of all, in the JavaScript of old televisions: can this browser be a player? If not, it is told what to do.
(function () {
  "use strict";

  var NEWER = {
    vi: "Hãy cập nhật trình duyệt (Chrome hoặc WebView từ 137, Firefox từ 129, Safari từ 17), hoặc gắn một máy nhỏ " +
      "chạy cauthang-player vào màn hình này.",
    en: "Update the browser (Chrome or WebView 137, Firefox 129, Safari 17 or later), or attach a small computer that " +
      "runs cauthang-player to this screen.",
  };
  var SAYINGS = {
    insecure: {
      title: "Cần địa chỉ https://",
      vi: "Trình duyệt chỉ cho trang này kiểm tra chữ ký và lưu nội dung khi mở bằng https://. " +
        "Hãy mở lại bằng https://, hoặc hỏi người quản trị máy chủ.",
      en: "The browser lets this page check signatures and keep files only over https://. " +
        "Open it by https://, or ask who runs the server.",
    },
    old: {
      title: "Trình duyệt này quá cũ",
      vi: "Trình duyệt thiếu: %. " + NEWER.vi,
      en: "The browser lacks: %. " + NEWER.en,
    },
    ed25519: {
      title: "Trình duyệt này không kiểm được chữ ký",
      vi: "Trình duyệt thiếu chữ ký Ed25519 nên không thể tin nội dung nào. " + NEWER.vi,
      en: "The browser lacks Ed25519 signatures, so it could believe no content. " + NEWER.en,
    },
    broken: {
      title: "Trang chưa chạy được",
      vi: "Trang sẽ tự thử lại sau mười giây. Lỗi: %",
      en: "The page tries again by itself in ten seconds. Error: %",
    },
  };

  function say(name, detail) {
    var saying = SAYINGS[name], box = document.getElementById("trouble"), texts = box.getElementsByTagName("p");
    box.getElementsByTagName("h1")[0].textContent = saying.title;
    texts[0].textContent = saying.vi.replace("%", detail);
    texts[1].textContent = saying.en.replace("%", detail);
    box.removeAttribute("hidden");
  }

  function lacking() {
    var wanted = {
      "Web Crypto": window.crypto && window.crypto.subtle,
      "Service Worker": navigator.serviceWorker,
      "Cache Storage": window.caches,
      IndexedDB: window.indexedDB,
      "Web Locks": navigator.locks,
      Streams: window.CompressionStream && window.DecompressionStream,
      requestVideoFrameCallback: window.HTMLVideoElement && HTMLVideoElement.prototype.requestVideoFrameCallback,
    };
    return Object.keys(wanted).filter(function (name) { return !wanted[name]; });
  }

  function begin() {
    var script = document.createElement("script");
    script.type = "module";
    script.src = "/tv/main.js";
    script.onerror = function () { failed("main.js"); };
    document.head.appendChild(script);
  }

  // A part did not come through the network, before the service worker had all of them.
  function failed(reason) {
    say("broken", String(reason).slice(0, 200));
    setTimeout(function () { location.reload(); }, 10000);
  }

  function check() {
    var missing = lacking();
    if (window.isSecureContext === false) return say("insecure", "");
    if (missing.length) return say("old", missing.join(", "));
    crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]).then(begin, function () { say("ed25519", ""); });
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", check);
  else check();
})();
