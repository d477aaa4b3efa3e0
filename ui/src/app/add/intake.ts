import { inject, Injectable } from '@angular/core';
import { Notices } from '../frame/notices';
import { words } from '../words';
import { Choices } from './choices';
import type { Found } from './found-files';
import { type Given, Uploads } from './uploads';

const said = words.add.drop;

/** Takes what people drop, paste or choose, with the options chosen last. */
@Injectable({ providedIn: 'root' })
export class Intake {
  private readonly choices = inject(Choices);
  private readonly notices = inject(Notices);
  private readonly uploads = inject(Uploads);

  /** Send these files; says so where there is nothing to send. */
  take({ files, inFolders }: Found): void {
    if (files.length + inFolders.length === 0) {
      this.notices.say(said.nothing);
      return;
    }
    const wishes = this.choices.wishes();
    const title = this.choices.title().trim();
    if (files.length === 1 && inFolders.length === 0 && title) {
      wishes.title = title;
      this.choices.title.set('');
    }
    this.uploads.add(files, wishes);
    if (inFolders.length > 0) this.takeFolder(inFolders);
  }

  /** Send what is a recording in a folder; says what was passed over. */
  takeFolder(files: readonly File[]): void {
    const options = { fromFolder: true };
    const passedOver = this.uploads.add(files, this.choices.wishes(), options);
    if (passedOver === files.length) this.notices.say(said.folderEmpty);
    else if (passedOver > 0) this.notices.say(said.passedOver(passedOver));
  }

  /** Send something that was made in the page and has a title already. */
  takeOne(given: Given): void {
    this.uploads.add([given], this.choices.wishes());
  }
}
