// A table that is wider than the page is scrolled with the keyboard, too. The theme wraps tables once the page is there.
document$.subscribe(() =>
  setTimeout(() => {
    for (const wrap of document.querySelectorAll('.md-typeset__scrollwrap')) wrap.tabIndex = 0
  }),
)
