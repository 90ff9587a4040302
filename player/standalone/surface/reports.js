// What the layers report, for the stage of the same page: in order, nothing twice.

let heard = [];
let told = () => {};

export const onReport = (listener) => {
  told = listener;
};

export function report(event) {
  heard.push(event);
  told();
}

// Everything since the last time.
export function reports() {
  const found = heard;
  heard = [];
  return found;
}
