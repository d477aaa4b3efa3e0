import type { Routes } from '@angular/router';
import { adminOnly, signedIn } from './api/entry';
import { words } from './words';

const { titles } = words;

/** Every page; each is fetched when it is first opened. */
export const routes: Routes = [
  {
    path: '',
    canActivate: [signedIn],
    children: [
      {
        path: '',
        pathMatch: 'full',
        title: titles.library,
        loadComponent: async () => (await import('./library/library')).Library,
      },
      {
        path: 'trash',
        title: titles.trash,
        loadComponent: async () => (await import('./library/trash')).Trash,
      },
      {
        path: 'add',
        title: titles.add,
        loadComponent: async () => (await import('./add/add')).Add,
      },
      {
        path: 'recordings/:id',
        title: titles.recording,
        loadComponent: async () => (await import('./recording/recording')).RecordingPage,
      },
      {
        path: 'account',
        title: titles.account,
        loadComponent: async () => (await import('./account/account')).Account,
      },
      {
        path: 'admin',
        canActivate: [adminOnly],
        loadChildren: async () => (await import('./admin/admin.routes')).routes,
      },
    ],
  },
  {
    path: 'sign-in',
    title: titles.signIn,
    loadComponent: async () => (await import('./sign-in/sign-in')).SignIn,
  },
  {
    path: 'setup',
    title: titles.setup,
    loadComponent: async () => (await import('./sign-in/setup')).Setup,
  },
  {
    path: '**',
    title: titles.lost,
    loadComponent: async () => (await import('./frame/not-found')).NotFound,
  },
];
