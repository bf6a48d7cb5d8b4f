// Making nodes. All text reaches the document through textContent, never as HTML.

const SVG = "http://www.w3.org/2000/svg";

export const element = (id) => document.getElementById(id);

export function make(tag, text, className) {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  if (className) node.className = className;
  return node;
}

export function svgNode(tag, attributes, text) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

// A table with a caption; the first cell of each row names it. Cells after it are numbers unless they are nodes.
export function makeTable(caption, head, rows) {
  const table = make("table");
  table.append(make("caption", caption));
  const cells = (values, tag) => {
    const row = make("tr");
    values.forEach((value, i) => {
      const cell = make(i === 0 ? "th" : tag, undefined, i === 0 ? "" : "number");
      if (i === 0) cell.scope = tag === "th" ? "col" : "row";
      else if (tag === "th") cell.scope = "col";
      cell.append(value);
      row.append(cell);
    });
    return row;
  };
  const header = make("thead");
  header.append(cells(head, "th"));
  const body = make("tbody");
  body.append(...rows.map((row) => cells(row, "td")));
  table.append(header, body);
  return table;
}

// What is wider than the page scrolls, also with the keyboard.
export function scrolling(node, label) {
  const box = make("div", undefined, "scroll");
  box.tabIndex = 0;
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", label);
  box.append(node);
  return box;
}
