import type { Routes } from '@angular/router';
import { words } from '../words';
import { adminWords } from '../words/admin';
import { AdminFrame } from './admin-frame';

const { tabs } = adminWords;
const titled = (tab: string) => words.titles.of(tab);

/** The pages for admins, each under its tab's name. */
export const routes: Routes = [
  {
    path: '',
    component: AdminFrame,
    children: [
      { path: '', pathMatch: 'full', redirectTo: 'system' },
      {
        path: 'system',
        title: titled(tabs.system),
        loadComponent: async () => (await import('./system')).SystemPage,
      },
      {
        path: 'models',
        title: titled(tabs.models),
        loadComponent: async () => (await import('./models')).ModelsPage,
      },
      {
        path: 'queues',
        title: titled(tabs.queues),
        loadComponent: async () => (await import('./queues')).QueuesPage,
      },
      {
        path: 'jobs',
        title: titled(tabs.jobs),
        loadComponent: async () => (await import('./jobs')).JobsPage,
      },
      {
        path: 'users',
        title: titled(tabs.users),
        loadComponent: async () => (await import('./users')).UsersPage,
      },
      {
        path: 'usage',
        title: titled(tabs.usage),
        loadComponent: async () => (await import('./usage')).UsagePage,
      },
      {
        path: 'settings',
        title: titled(tabs.settings),
        loadComponent: async () => (await import('./settings')).SettingsPage,
      },
      {
        path: 'audit',
        title: titled(tabs.audit),
        loadComponent: async () => (await import('./audit')).AuditPage,
      },
    ],
  },
];
