const place = document.getElementById("api");
Redoc.init(
  place.dataset.document,
  { hideDownloadButton: false, disableSearch: false, hideLoading: false, nativeScrollbars: true },
  place,
);
