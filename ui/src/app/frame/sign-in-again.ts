import { Dialog } from '@angular/cdk/dialog';
import { ChangeDetectionStrategy, Component, effect, inject } from '@angular/core';
import { expiry } from '../api/expiry';

/** Asks for the password when a session ends while somebody works; the page behind it stays as it is. */
@Component({
  selector: 'a-sign-in-again',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: '',
})
export class SignInAgain {
  private readonly dialog = inject(Dialog);
  private asked: { close(): void } | null = null;

  constructor() {
    effect(() => void this.follow(expiry.over()));
  }

  private async follow(over: boolean): Promise<void> {
    if (!over) {
      this.asked?.close();
      this.asked = null;
      return;
    }
    const { SignInAgainDialog } = await import('./sign-in-again-dialog');
    if (this.asked !== null || !expiry.over()) return;
    this.asked = this.dialog.open(SignInAgainDialog, {
      ariaLabelledBy: 'again',
      backdropClass: 'backdrop',
      disableClose: true,
      autoFocus: 'input[type=password]',
    });
  }
}
