/** Reading, correcting and checking a transcript. */
export const editing = {
  transcript: 'Transcript',
  /** What undo names: "Undone: text changed". */
  did: {
    edited: 'text changed',
    split: 'passage split',
    joined: 'passages joined',
    deleted: 'passage deleted',
    replaced: 'text replaced',
    checked: 'words checked',
    renamed: 'speaker renamed',
    merged: 'speakers merged',
    assigned: 'speaker changed',
    colored: 'colour changed',
  },
  undone: (what: string) => `Undone: ${what}.`,
  redone: (what: string) => `Done again: ${what}.`,
  resumed: 'What you had not saved yet is here again and is being saved.',
  overtaken: (what: string) =>
    `Somebody else changed the same passage, so this was not done: ${what}. Look at it and do it again.`,
};
