/** The files in what somebody drops, pastes or chooses. */

/** A file, and how it can be had again. */
export interface FoundFile {
  readonly file: File;
  readonly handle?: FileSystemFileHandle | undefined;
}

export interface Found {
  /** Chosen one by one: each is sent, and the server says what it is. */
  readonly files: readonly FoundFile[];
  /** From folders: what is no recording is passed over. */
  readonly inFolders: readonly File[];
}

const EXTENSIONS: ReadonlySet<string> = new Set(
  (
    '3gp 3g2 aac ac3 aif aiff alac amr ape au avi caf dts flac flv gsm m2ts m4a m4b m4r m4v mid mka mkv mov ' +
    'mp2 mp3 mp4 mpa mpeg mpg mts oga ogg ogv opus ra rm spx ts tta voc vob w64 wav weba webm wma wmv wv'
  ).split(' '),
);

/** Whether a file in a folder is worth sending: by its type, or its ending where the system knows no type. */
export function looksLikeRecording(file: File): boolean {
  if (file.name.startsWith('.')) return false;
  if (/^(audio|video)\//.test(file.type)) return true;
  return EXTENSIONS.has(file.name.split('.').pop()?.toLowerCase() ?? '');
}

/** Files and folders of a drop. It has to be called in the event itself: afterwards the browser hides them. */
export async function dropped(data: DataTransfer): Promise<Found> {
  const items = [...data.items].filter((item) => item.kind === 'file');
  const files: Promise<FoundFile | null>[] = [];
  const folders: FileSystemDirectoryEntry[] = [];
  for (const item of items) {
    const entry = item.webkitGetAsEntry();
    if (entry?.isDirectory) folders.push(entry as FileSystemDirectoryEntry);
    else files.push(withHandle(item));
  }
  const found = await Promise.all(files);
  const inFolders = await Promise.all(folders.map(filesIn));
  return { files: found.filter((one) => one !== null), inFolders: inFolders.flat() };
}

/** Files of a paste. */
export function pasted(data: DataTransfer): Found {
  return { files: [...data.files].map((file) => ({ file })), inFolders: [] };
}

async function withHandle(item: DataTransferItem): Promise<FoundFile | null> {
  const file = item.getAsFile();
  const asked = (item as Droppable).getAsFileSystemHandle?.();
  if (file === null) return null;
  const handle = await asked?.catch(() => null);
  return { file, handle: handle?.kind === 'file' ? (handle as FileSystemFileHandle) : undefined };
}

async function filesIn(folder: FileSystemDirectoryEntry): Promise<File[]> {
  const reader = folder.createReader();
  const files: File[] = [];
  // A browser gives a folder in pieces of about a hundred, an empty one at the end.
  for (;;) {
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (entries.length === 0) return files;
    for (const entry of entries) {
      if (entry.isDirectory) files.push(...(await filesIn(entry as FileSystemDirectoryEntry)));
      else files.push(await fileOf(entry as FileSystemFileEntry));
    }
  }
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

interface Droppable extends DataTransferItem {
  /** Chromium's; others have none. */
  getAsFileSystemHandle?(): Promise<FileSystemHandle | null>;
}
