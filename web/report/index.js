"use strict";
// The index over many calls. Everything is drawn from the JSON in the page, as text.
const data = JSON.parse(document.getElementById("data").textContent);
const page = document.getElementById("page");
const spoken = {
  same: "as recorded", differs: "differs", unread: "not replayable",
  right: "as it must be", wrong: "not as it must be", unjudged: "could not be judged",
};

function make(tag, attributes, ...inside) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name === "class") node.className = value;
    else if (value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...inside.filter((part) => part !== null && part !== undefined));
  return node;
}

page.replaceChildren(make("header", {},
  make("div", { class: "head" }, make("h1", {}, data.title),
    make("span", { class: `badge ${data.verdict}` }, data.badge)),
  ...data.headline.split("\n").map((line) => make("p", { class: "soft" }, line))));

if (data.groups.length) {
  page.append(make("h2", { id: "h-causes" }, "Causes"), make("section", { class: "card", "aria-labelledby": "h-causes" },
    make("dl", { class: "score" }, ...data.groups.map((group) =>
      make("div", {}, make("dt", {}, group.cause), make("dd", {}, `${group.calls} ${group.calls === 1 ? "call" : "calls"}`))))));
}
const row = (call) => make("tr", { class: ["differs", "wrong"].includes(call.verdict) ? "decisive" : "" },
  make("td", {}, call.page ? make("a", { href: call.page }, call.id) : call.id),
  make("td", {}, make("span", { class: `badge ${call.verdict}` }, spoken[call.verdict])),
  make("td", { "data-name": "cause" }, call.cause),
  make("td", { "data-name": "first" }, call.first));
page.append(make("h2", { id: "h-calls" }, "Calls"), make("section", { class: "card", "aria-labelledby": "h-calls" },
  data.rows.length ? make("table", { class: "sides list" },
    make("thead", {}, make("tr", {}, ...data.columns.map((name) => make("th", { scope: "col" }, name)))),
    make("tbody", {}, ...data.rows.map(row))) : make("p", {}, "There was no call.")));
