"""The services that other tests rely on are there, and survive what those tests do to them."""

import signal
import socket

import httpx
import pytest
from sqlalchemy import create_engine, text

from services import Moto, Postgres, RabbitMQ, Redis


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT])
def test_postgresql_keeps_its_rows_over_a_restart(postgres: Postgres, how: signal.Signals) -> None:
    engine = create_engine(postgres.new_database().replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(text("create table fruit (name text)"))
        connection.execute(text("insert into fruit values ('plum')"))
    engine.dispose()
    postgres.stop(how)
    postgres.start()
    with engine.begin() as connection:
        assert connection.execute(text("select name from fruit")).scalar() == "plum"
    engine.dispose()


def test_every_new_database_is_empty(postgres: Postgres) -> None:
    assert postgres.new_database() != postgres.new_database()


def test_redis_forgets_when_it_is_told_to(redis_server: Redis) -> None:
    redis_server.ask("SET", "fruit", "plum")
    redis_server.ask("FLUSHALL")
    assert redis_server.ask("GET", "fruit") == ""
    redis_server.stop()
    redis_server.start()
    assert redis_server.ask("PING") == "PONG"


def test_rabbitmq_speaks_amqp(rabbitmq: RabbitMQ) -> None:
    with socket.create_connection(("127.0.0.1", rabbitmq.port)) as connection:
        connection.sendall(b"AMQP\x00\x00\x09\x01")
        assert connection.recv(1) == b"\x01"


def test_moto_answers_as_aws(moto_server: Moto) -> None:
    assert httpx.get(f"{moto_server.url}/moto-api/").status_code == 200
