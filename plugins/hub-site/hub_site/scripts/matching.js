// Which rows a filter's tree lets pass. What is not known of a row is neither true nor false.

const [FALSE, TRUE, UNKNOWN] = [0, 1, 2];

/** For each row 1 where the tree is true, 0 where it is false, 2 where it is not known. */
function truthOf(tree, table) {
  if ("not" in tree) {
    const inner = truthOf(tree.not, table);
    for (let row = 0; row < inner.length; row++) if (inner[row] !== UNKNOWN) inner[row] ^= 1;
    return inner;
  }
  if ("and" in tree) return combined(tree.and, table, FALSE);
  if ("or" in tree) return combined(tree.or, table, TRUE);
  return table.columns.get(tree.field).test(comparisonOf(tree));
}

/** A part with the deciding value decides; without one, an unknown part leaves it unknown. */
function combined(parts, table, decides) {
  const found = truthOf(parts[0], table);
  for (const part of parts.slice(1)) {
    const other = truthOf(part, table);
    for (let row = 0; row < found.length; row++) {
      if (found[row] === decides || other[row] === decides) found[row] = decides;
      else if (other[row] === UNKNOWN) found[row] = UNKNOWN;
    }
  }
  return found;
}

function comparisonOf({ op, value }) {
  const isText = typeof value === "string";
  const wanted = isText ? value.toLowerCase() : value;
  switch (op) {
    case "=":
      return (found) => found === wanted;
    case "!=":
      return (found) => found !== wanted;
    case "<":
      return (found) => found < wanted;
    case "<=":
      return (found) => found <= wanted;
    case ">":
      return (found) => found > wanted;
    case ">=":
      return (found) => found >= wanted;
    case "like":
      return patternTest(wanted);
    default: {
      const values = new Set(value.map((one) => (typeof one === "string" ? one.toLowerCase() : one)));
      return (found) => values.has(found);
    }
  }
}
