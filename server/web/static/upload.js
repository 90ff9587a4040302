// The place to drop files: Uppy over tus. Cut connections, closed browsers and restarted servers go on where they stopped.
import { Dashboard, GoldenRetriever, Tus, Uppy } from "./vendor/uppy/dist/uppy.min.mjs";
import vietnamese from "./vendor/@uppy/locales/lib/vi_VN.js";

const MB = 1024 * 1024;
const PART_BYTES = 8 * MB; // small enough for a slow line to finish, large enough not to chatter
const RETRY_MS = [0, 1000, 3000, 5000, 10000, 20000, ...Array(30).fill(30000)]; // a quarter of an hour without progress
const SHOWN_MS = 12000;
const IDLE_HEIGHT = 180;
const BUSY_HEIGHT = 360; // room for a file's picture, name and progress

const drop = document.getElementById("drop");
const words = drop.dataset;
const chosenUnit = document.getElementById("upload-unit");
const token = document.querySelector("meta[name=csrf-token]").content;

const uppy = new Uppy({
  id: `person-${words.person}`, // what one person left unfinished is not sent by the next one at this computer
  autoProceed: true,
  restrictions: {
    maxFileSize: 2 * 1024 * MB,
    allowedFileTypes: ["image/png", "image/jpeg", "image/webp", "video/mp4", "video/webm"],
  },
  locale: {
    ...(words.language === "vi" ? vietnamese : {}),
    strings: {
      ...(words.language === "vi" ? vietnamese.strings : {}),
      youCanOnlyUploadFileTypes: words.wrongType,
      exceedsSize: words.tooLarge,
      dropPasteFiles: words.drop,
      browseFiles: words.browse,
    },
  },
});

uppy.use(Dashboard, {
  target: drop,
  inline: true,
  width: "100%",
  height: IDLE_HEIGHT,
  proudlyDisplayPoweredByUppy: false,
  doneButtonHandler: null,
  hideProgressDetails: false,
  theme: "light",
});
// Larger files are not copied into the browser: after a reload their owner picks them again, and they too go on.
uppy.use(GoldenRetriever, { indexedDB: { maxFileSize: 512 * MB, maxTotalSize: 2048 * MB } });
uppy.use(Tus, {
  endpoint: words.endpoint,
  chunkSize: PART_BYTES,
  retryDelays: RETRY_MS, // answers 4xx are final, but for 409, 423 and 429: that is the library's own rule
  removeFingerprintOnSuccess: true,
  allowedMetaFields: ["filename", "unit"],
  headers: { "X-CSRFToken": token },
  onError: (error) => {
    error.message = said(error.originalResponse) || words.failed;
  },
});

/** What the server said in its refusal: plain text from the uploads themselves, problem JSON from the login. */
function said(response) {
  const body = response?.getBody() ?? "";
  if (!(response?.getHeader("Content-Type") ?? "").includes("json")) {
    return response && response.getStatus() < 500 ? body : "";
  }
  return JSON.parse(body).detail ?? "";
}

uppy.on("file-added", (file) => {
  uppy.getPlugin("Dashboard").setOptions({ height: BUSY_HEIGHT });
  uppy.setFileMeta(file.id, { filename: file.name, unit: chosenUnit ? chosenUnit.value : words.unit });
});
uppy.on("file-removed", () => {
  if (uppy.getFiles().length === 0) uppy.getPlugin("Dashboard").setOptions({ height: IDLE_HEIGHT });
});
uppy.on("upload-error", (file, error) => {
  uppy.hideInfo();
  uppy.info(`${file.name}: ${error.message}`, "error", SHOWN_MS);
});
uppy.on("upload-success", (file) => {
  document.body.dispatchEvent(new CustomEvent("uploaded"));
  setTimeout(() => uppy.removeFile(file.id), 4000);
});
// A reloaded page goes on by itself, unless a file must be picked again: then the dashboard asks for it.
uppy.on("restored", () => {
  const files = uppy.getFiles();
  files.filter((file) => file.progress.uploadComplete).forEach((file) => uppy.removeFile(file.id));
  if (files.length > 0 && files.every((file) => !file.isGhost)) uppy.emit("restore-confirmed");
});
