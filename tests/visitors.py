"""People of a server, and the browsers and sessions they come with."""

import httpx
from playwright.sync_api import Page

from auricle.accounts import people, sessions
from auricle.server.deps import PLAIN_COOKIE
from auricle.store.schema import User
from live_server import LiveServer

PASSWORD = "three plain words"
#: A name that would do something if it were taken for markup.
MARKUP = '<img src="x" onerror="document.title=1">'


def let_the_admin_in(server: LiveServer) -> None:
    """Give the first admin a password, so that the installation waits for nobody."""
    with server.service.database.write() as session:
        people.set_password(session, people.first_admin(session), PASSWORD)


def add(server: LiveServer, name: str) -> User:
    """A member with a password."""
    with server.service.database.write() as session:
        user = people.add_person(session, name, "member", None)
        people.set_password(session, user, PASSWORD)
    return user


def link_for(server: LiveServer, user: User | None = None) -> str:
    with server.service.database.write() as session:
        token = people.make_link(session, user or people.first_admin(session))
    return f"{server.origin}/setup#{token}"


def session_of(server: LiveServer, user: User) -> str:
    """The token of a new session."""
    with server.service.database.write() as session:
        token, _ = sessions.begin_session(session, user, agent=MARKUP, address="192.0.2.7", days=1)
    return token


def be(page: Page, server: LiveServer, user: User) -> None:
    """Let the page's visitor be signed in."""
    session = {"name": PLAIN_COOKIE, "value": session_of(server, user), "url": server.origin}
    page.context.add_cookies([session])


def enter(page: Page, server: LiveServer, user: User, path: str = "/account") -> None:
    """Open a page as somebody who is signed in."""
    be(page, server, user)
    page.goto(server.origin + path)


def get(server: LiveServer, path: str, token: str | None = None) -> httpx.Response:
    """The answer to somebody with this session's token."""
    headers = {"Cookie": f"{PLAIN_COOKIE}={token}"} if token else {}
    return httpx.get(server.origin + path, headers=headers)


def is_open(server: LiveServer, token: str) -> bool:
    """Whether a session is."""
    return get(server, "/api/v1/session", token).status_code == 200


def admin(server: LiveServer) -> User:
    with server.service.database.read() as session:
        return people.first_admin(session)
