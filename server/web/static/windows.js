// Adds and removes rows of time windows: a fieldset with data-windows, rows with data-window, buttons data-add and
// data-remove. A new row is a copy of the last one; names are numbered anew so that the server reads them in order.

function renumber(list) {
  const rows = [...list.querySelectorAll("[data-window]")];
  rows.forEach((row, number) => {
    for (const input of row.querySelectorAll("[name]")) {
      input.name = input.name.replace(/-\d+-/, `-${number}-`);
    }
    row.querySelector("[data-remove]").hidden = rows.length === 1;
  });
  list.querySelector("[data-add]").hidden = rows.length >= Number(list.dataset.most);
}

function changed(list) {
  renumber(list);
  list.dispatchEvent(new Event("change", { bubbles: true }));
}

for (const list of document.querySelectorAll("[data-windows]")) {
  renumber(list);
  list.addEventListener("click", (event) => {
    if (event.target.closest("[data-remove]")) {
      event.target.closest("[data-window]").remove();
      changed(list);
    }
    if (event.target.closest("[data-add]")) {
      const rows = list.querySelectorAll("[data-window]");
      const last = rows[rows.length - 1];
      const row = last.cloneNode(true);
      const checked = [...last.querySelectorAll("input[type=checkbox]")].map((box) => box.checked);
      row.querySelectorAll("input[type=checkbox]").forEach((box, n) => { box.checked = checked[n]; });
      last.after(row);
      changed(list);
      row.querySelector("input").select();
    }
  });
}
