const recordings = (n: number) => (n === 1 ? '1 recording' : `${n.toLocaleString()} recordings`);
const days = (n: number) => (n === 1 ? '1 day' : `${n} days`);

/** The library and its trash. */
export const library = {
  title: 'Library',
  add: 'Add',
  recordings,
  loading: 'Fetching your recordings…',
  loadingMore: 'Fetching more…',
  list: 'Recordings',

  views: { all: 'all', running: 'running', review: 'needs review', failed: 'failed' },
  viewsName: 'Which recordings',
  filters: {
    tag: 'Tag',
    language: 'Language',
    speaker: 'Speaker',
    time: 'Date',
    any: { tag: 'Any tag', language: 'Any language', speaker: 'Anybody', time: 'Any date' },
    none: {
      tag: 'No recording has a tag yet.',
      language: 'No recording has a language yet.',
      speaker: 'No recording has speakers yet.',
    },
    spans: {
      today: 'Today',
      week: 'The last 7 days',
      month: 'The last 30 days',
      year: 'This year',
    },
    between: 'Between two days…',
    dates: (from: string, to: string) => `${from} to ${to}`,
    clear: 'Clear filters',
  },
  sort: 'Order',
  sorts: {
    newest: 'Newest first',
    oldest: 'Oldest first',
    changed: 'Changed last',
    title: 'By title',
    longest: 'Longest first',
    shortest: 'Shortest first',
  },
  trashLink: (n: number) => (n ? `Trash ${n.toLocaleString()}` : 'Trash'),

  row: {
    select: (title: string) => `Select ${title}`,
    export: (title: string) => `Export ${title}`,
    more: (title: string) => `More for ${title}`,
    exportTip: 'Export',
    moreTip: 'More',
    review: (n: number) => `${n.toLocaleString()} to check`,
    reviewTip: (n: number) =>
      n === 1 ? '1 doubtful word' : `${n.toLocaleString()} doubtful words`,
    others: (n: number) => `+${n}`,
    tagTip: (tag: string) => `Show only what is tagged ${tag}`,
    progress: (title: string) => `Progress of ${title}`,
    percent: (n: number) => `${n} %`,
    retry: 'Try again',
    retryOne: (title: string) => `Try again: ${title}`,
    unknownFailure: 'It could not be transcribed.',
    dead: (why: string) => `Given up after several attempts. ${why}`,
    rename: 'Title',
  },
  menu: {
    rename: 'Rename',
    tags: 'Tags…',
    transcribe: 'Transcribe',
    retranscribe: 'Transcribe again',
    retry: 'Try again',
    stop: 'Stop transcribing',
    original: 'Download the original',
    select: 'Select',
    unselect: 'Select no longer',
    delete: 'Move to trash',
    exportAs: { txt: 'Plain text', docx: 'Word', srt: 'Subtitles (SRT)', pdf: 'PDF' } as Record<
      string,
      string
    >,
    exportMany: 'Other formats…',
    nothingToExport: 'There is no transcript yet.',
  },
  renamedMeanwhile: (title: string) =>
    `It was changed meanwhile: its title is “${title}” now. Press Enter to take yours, Escape to keep that one.`,
  queued: (title: string) => `“${title}” is in the queue.`,
  queuedAgain: (title: string) =>
    `“${title}” is transcribed again. The transcript it has stays among its versions.`,
  stopped: (title: string) => `“${title}” is no longer transcribed.`,

  bulk: {
    name: 'What to do with the selected recordings',
    selected: (n: number) => `${n.toLocaleString()} selected`,
    all: (n: number) => `Select all ${n.toLocaleString()}`,
    allOfThem: 'Select all',
    collecting: (n: number) => `Fetching all, ${n.toLocaleString()} so far…`,
    tags: 'Tags',
    export: 'Export',
    delete: 'Move to trash',
    clear: 'Select nothing',
  },
  deleted: (n: number, title: string) =>
    n === 1 ? `“${title}” is in the trash.` : `${recordings(n)} are in the trash.`,
  restored: (n: number, title: string) =>
    n === 1 ? `“${title}” is back in the library.` : `${recordings(n)} are back in the library.`,

  tagDialog: {
    title: (n: number) => (n === 1 ? 'Tags' : `Tags of ${recordings(n)}`),
    none: 'There are no tags yet. A tag is a word of yours that holds recordings together.',
    field: 'New tag',
    hint: 'Press Enter to add it.',
    add: 'Add',
    on: (n: number) => `on ${n.toLocaleString()}`,
    save: 'Save',
    cancel: 'Cancel',
    saved: (n: number) => `The tags of ${recordings(n)} are saved.`,
  },
  exportDialog: {
    title: (n: number) => `Export ${recordings(n)}`,
    formats: 'Formats',
    about: 'You get one ZIP file with a file for each recording and format.',
    without: (n: number) =>
      n === 1
        ? '1 of them has no transcript and is left out.'
        : `${n.toLocaleString()} of them have no transcript and are left out.`,
    nothing: 'None of them has a transcript yet. Wait until they are transcribed.',
    tooMany: (most: number) =>
      `At most ${most.toLocaleString()} can be exported at once. Select fewer of them.`,
    choose: 'Choose at least one format.',
    making: 'Making the ZIP file…',
    submit: 'Export',
    cancel: 'Cancel',
    file: 'transcripts.zip',
    done: (n: number) => `The transcripts of ${recordings(n)} are in the ZIP file.`,
  },
  dayDialog: {
    title: 'Between two days',
    from: 'From',
    to: 'To (inclusive)',
    order: 'The first day has to come before the last.',
    submit: 'Show',
    cancel: 'Cancel',
  },

  search: {
    label: 'Search titles and everything said',
    placeholder: 'Search everything',
    clear: 'Clear the search',
    busy: 'Searching…',
    found: (n: number, more: boolean) =>
      more ? `More than ${n} recordings found` : `${recordings(n)} found`,
    nothing: (q: string) => `Nothing found for “${q}”.`,
    tips: [
      'All words have to occur in one recording, so try fewer of them.',
      'The last word may be unfinished: “meet” finds “meeting”.',
      'Words in quotes follow one another: "second week".',
      '-word leaves out recordings in which it occurs.',
    ],
    withFilters: 'The tag and language filters apply as well.',
    more: 'Show more',
    inFile: 'Found in its file name or among its speakers.',
  },

  nothingFits: 'No recording fits these filters.',
  showAll: 'Show all recordings',
  nothing: {
    running: 'Nothing is being transcribed.',
    review: 'No transcript has doubtful words that nobody has checked.',
    failed: 'Nothing has failed.',
  },
  empty: {
    title: 'Your recordings will be here',
    steps: [
      {
        title: 'Add a recording',
        text: 'Drop audio or video files, choose them, or record with the microphone. MP3, M4A, WAV, FLAC, OGG, MP4, MKV and most others will do.',
      },
      {
        title: 'It becomes a transcript',
        text: 'Auricle writes down what is said on this machine. You can close the page; the work goes on.',
      },
      {
        title: 'Read, correct, export',
        text: 'Click a word to hear it, correct what is wrong, and take it along as text, Word, subtitles or PDF.',
      },
    ],
    add: 'Add the first recording',
    keys: { add: 'add a recording', search: 'search', all: 'show all keys' },
  },

  keys: {
    title: 'Library',
    search: 'Search',
    down: 'Next recording',
    up: 'Previous recording',
    open: 'Open the recording',
    select: 'Select it',
    selectAll: 'Select all that are shown',
    rename: 'Rename it',
    tags: 'Tags',
    export: 'Export',
    delete: 'Move to trash',
    clear: 'Select nothing',
  },

  trash: {
    title: 'Trash',
    back: 'Library',
    about: (n: number) =>
      n === 0
        ? 'What is in here is erased soon.'
        : `What is in here is erased ${days(n)} after it was deleted.`,
    empty: 'The trash is empty.',
    restore: 'Restore',
    restoreOne: (title: string) => `Restore ${title}`,
    erase: 'Delete for ever',
    eraseOne: (title: string) => `Delete ${title} for ever`,
    eraseAll: 'Empty the trash',
    left: (n: number) => (n <= 0 ? 'erased today' : `erased in ${days(n)}`),
    deletedAt: (when: string) => `deleted ${when}`,
    confirmOne: {
      title: 'Delete for ever?',
      text: (title: string) =>
        `“${title}”, its file, and every version of its transcript are erased. Nobody can bring them back.`,
      yes: 'Delete for ever',
    },
    confirmAll: {
      title: 'Empty the trash?',
      text: (n: number) =>
        `${recordings(n)} with their files and transcripts are erased. Nobody can bring them back.`,
      yes: 'Empty the trash',
    },
    erasing: (done: number, all: number) =>
      `Erasing, ${done.toLocaleString()} of ${all.toLocaleString()}…`,
    erased: (n: number) => `${recordings(n)} erased.`,
  },
};
