// Stands behind the contents, so that nothing below them is drawn before: they are closed on a phone,
// and elsewhere the page's own line is in sight.
"use strict";
{
  const menu = document.querySelector("#docs-menu");
  const here = menu.querySelector("[aria-current]");
  if (matchMedia("(max-width: 62rem)").matches) menu.open = false;
  else if (here) menu.parentElement.scrollTop = here.offsetTop - menu.parentElement.clientHeight / 2;
}
