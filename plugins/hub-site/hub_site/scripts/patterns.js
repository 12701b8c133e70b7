// Shell-style patterns, as Python's fnmatch reads them.

/** A test of whole texts by a pattern with `*`, `?` and `[...]`. */
function patternTest(pattern) {
  const letters = Array.from(pattern);
  let source = "";
  for (let at = 0; at < letters.length; at++) {
    const letter = letters[at];
    if (letter === "*") {
      if (letters[at - 1] !== "*") source += ".*";
    } else if (letter === "?") source += ".";
    else if (letter === "[") {
      const end = closing(letters, at);
      if (end < 0) source += "\\[";
      else {
        source += setSource(letters.slice(at + 1, end));
        at = end;
      }
    } else source += escaped(letter);
  }
  const expression = new RegExp(`^${source}$`, "su");
  return (text) => expression.test(text);
}

function closing(letters, open) {
  let at = open + 1;
  if (letters[at] === "!") at++;
  if (letters[at] === "]") at++;
  while (at < letters.length && letters[at] !== "]") at++;
  return at < letters.length ? at : -1;
}

function setSource(letters) {
  const negated = letters[0] === "!";
  const inner = negated ? letters.slice(1) : letters;
  const parts = [];
  for (let at = 0; at < inner.length; at++) {
    if (inner[at + 1] === "-" && at + 2 < inner.length) {
      const [low, high] = [inner[at], inner[at + 2]];
      // An empty range matches nothing, and what stands around it still counts.
      if (low.codePointAt(0) <= high.codePointAt(0)) parts.push(`${escaped(low)}-${escaped(high)}`);
      at += 2;
    } else parts.push(escaped(inner[at]));
  }
  if (parts.length === 0) return negated ? "." : "(?!)";
  return `[${negated ? "^" : ""}${parts.join("")}]`;
}

function escaped(letter) {
  return `\\u{${letter.codePointAt(0).toString(16)}}`;
}
