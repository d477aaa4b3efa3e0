import { ChangeDetectionStrategy, Component, inject, input } from '@angular/core';
import { Installation } from '../api/installation';
import { words } from '../words';
import { type Choice, Choices } from './choices';
import { LanguageField } from './language-field';

/** A choice that is either made or not, with what it means. */
interface Switch {
  readonly name: 'wordTimes' | 'split' | 'recheck' | 'vad' | 'multilingual';
  readonly label: string;
  readonly hint: string;
}

const said = words.add.options;

/** How what is added is to be transcribed; what the engine cannot do says so. */
@Component({
  selector: 'a-wishes-form',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [LanguageField],
  templateUrl: './wishes-form.html',
  styleUrl: './wishes-form.scss',
})
export class WishesForm {
  /** False for a recording that is there: it has its title and tags, and the choice is for it alone. */
  readonly forNew = input(true);

  protected readonly words = said;
  protected readonly choices = inject(Choices);
  protected readonly installation = inject(Installation);
  protected readonly choice = this.choices.choice;
  protected readonly reasons = this.choices.reasons;
  protected readonly speakerCounts = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20];
  protected readonly priorities = ['low', 'normal', 'high'] as const;
  protected readonly switches: readonly Switch[] = [
    { name: 'wordTimes', label: said.wordTimes, hint: said.wordTimesHint },
    { name: 'split', label: said.split, hint: said.splitHint },
    { name: 'multilingual', label: said.multilingual, hint: said.multilingualHint },
    { name: 'vad', label: said.vad, hint: said.vadHint },
    { name: 'recheck', label: said.recheck, hint: said.recheckHint },
  ];

  protected engineName(name: string): string {
    return said.engines[name] ?? name;
  }

  protected languageHint(): string {
    const engine = this.choice().engine;
    return this.choices.detects() ? said.languageHint : words.add.reasons.noDetection(engine);
  }

  protected choose(part: Partial<Choice>): void {
    this.choices.choose(part);
  }

  protected turn(name: Switch['name'], on: boolean): void {
    this.choose({ [name]: on });
  }

  protected choosePriority(value: string): void {
    const priority = this.priorities.find((one) => one === value);
    if (priority) this.choose({ priority });
  }
}
