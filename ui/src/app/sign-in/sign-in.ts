import {
  ChangeDetectionStrategy,
  Component,
  effect,
  ElementRef,
  inject,
  input,
  signal,
  viewChild,
} from '@angular/core';
import { Router } from '@angular/router';
import { Session } from '../api/session';
import { Fault } from '../parts/fault';
import { fieldsOf, Sending, textOf } from '../parts/form';
import { words } from '../words';
import { goOn, inside } from './inside';
import { NobodyYet } from './nobody-yet';
import { Open } from './open';
import { PasswordField } from './password-field';
import { TitlePage } from './title-page';

/** The way in, by name and password; who is in already goes on. */
@Component({
  selector: 'a-sign-in',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Fault, NobodyYet, Open, PasswordField, TitlePage],
  templateUrl: './sign-in.html',
  styleUrl: './sign-in.scss',
})
export class SignIn {
  /** Where to go on to (a query parameter). */
  readonly next = input<string>();
  protected readonly words = words.signIn;
  protected readonly sending = new Sending();
  protected readonly page = signal<'asking' | 'form' | 'nobody' | 'open'>('asking');
  private readonly session = inject(Session);
  private readonly router = inject(Router);
  private readonly name = viewChild<ElementRef<HTMLInputElement>>('name');

  constructor() {
    effect(() => this.name()?.nativeElement.focus());
    void this.begin();
  }

  protected async submit(event: Event): Promise<void> {
    const fields = fieldsOf(event);
    const done = await this.sending.run(() =>
      this.session.signIn(textOf(fields, 'name'), textOf(fields, 'password')),
    );
    if (done) await goOn(this.router, inside(this.next()));
  }

  private async begin(): Promise<void> {
    if (!this.session.asksWho) this.page.set('open');
    else if (this.session.nobodyYet) this.page.set('nobody');
    // Without an answer the form is there for when the server is back.
    else if (await this.session.find().catch(() => null))
      await goOn(this.router, inside(this.next()));
    else this.page.set('form');
  }
}
