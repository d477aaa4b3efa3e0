const place = document.getElementById("api");
const style = getComputedStyle(document.documentElement);
const colour = (name) => style.getPropertyValue(`--${name}`).trim();
const dark = matchMedia("(prefers-color-scheme: dark)").matches;

Redoc.init(
  place.dataset.document,
  {
    hideDownloadButton: false,
    disableSearch: false,
    hideLoading: false,
    nativeScrollbars: true,
    theme: {
      colors: {
        primary: { main: colour("coral") },
        success: { main: colour("sage") },
        error: { main: colour("coral") },
        text: { primary: colour("ink"), secondary: colour("quiet") },
        border: { light: colour("line"), dark: colour("edge") },
        gray: { 50: colour("sheet"), 100: colour("line") },
      },
      schema: { nestedBackground: colour("sheet"), linesColor: colour("edge"), typeNameColor: colour("quiet") },
      sidebar: { backgroundColor: colour("paper"), textColor: colour("ink") },
      rightPanel: { backgroundColor: dark ? colour("sheet") : "#2a2722" },
      typography: {
        fontFamily: colour("interface"),
        headings: { fontFamily: colour("reading"), fontWeight: "600" },
        code: { fontFamily: colour("figures"), color: colour("coral"), backgroundColor: colour("sheet") },
      },
    },
  },
  place,
);
