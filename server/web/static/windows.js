// Adds and removes rows of times: a fieldset with data-windows, rows with data-window, buttons data-add and data-remove.
// A new row is a copy of the last one, emptied with data-blank; names are numbered anew, the server reads them in order.

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

function empty(row) {
  for (const input of row.querySelectorAll("input[type=text]")) input.value = "";
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
      event.preventDefault();
      const rows = list.querySelectorAll("[data-window]");
      const last = rows[rows.length - 1];
      const row = last.cloneNode(true);
      const checked = [...last.querySelectorAll("input[type=checkbox]")].map((box) => box.checked);
      row.querySelectorAll("input[type=checkbox]").forEach((box, n) => { box.checked = checked[n]; });
      if ("blank" in list.dataset) empty(row);
      last.after(row);
      changed(list);
      row.querySelector("input").select();
    }
  });
}
