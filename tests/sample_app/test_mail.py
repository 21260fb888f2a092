"""E-mail leaves by SMTP, to a real server on loopback, or into a folder."""

import socket
from email.message import EmailMessage

import pytest

from sample_app import mail
from sample_app.mail import MailFailed
from tests.sample_app.mail_server import MailServer


@pytest.fixture
def message():
    message = EmailMessage()
    message["From"], message["To"] = "orders@shop.example", "ada@example.com"
    message["Message-ID"] = "<ord_1.confirmation@shop.example>"
    message.set_content("Grüße")
    return message


def send(url, message):
    mail.connect({"MAIL_URL": url, "MAIL_FROM": "orders@shop.example"}).send(message)


def test_a_mail_server_gets_the_message(message):
    with MailServer() as server:
        send(server.url, message)
    [received] = server.messages
    assert (received["To"], received.get_content()) == ("ada@example.com", "Grüße\r\n")


def test_a_mail_server_that_refuses_is_a_failure(message):
    with MailServer(refuse=True) as server, pytest.raises(MailFailed, match="no such mailbox"):
        send(server.url, message)


def test_a_mail_server_that_is_not_there_is_a_failure(message):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(MailFailed, match="ConnectionRefusedError"):
        send(f"smtp://127.0.0.1:{port}", message)


def test_a_password_is_never_sent_in_the_clear(message):
    with MailServer() as server:
        url = server.url.replace("//", "//shop:secret@")
        with pytest.raises(MailFailed, match="STARTTLS"):
            send(url, message)
    assert server.messages == []


def test_a_folder_keeps_one_file_for_each_message(message, tmp_path):
    url = (tmp_path / "kept mail").as_uri()
    send(url, message)
    send(url, message)
    [file] = (tmp_path / "kept mail").iterdir()
    assert file.name == "ord_1.confirmation.eml"
    assert b"ada@example.com\r\n" in file.read_bytes()


def test_a_folder_that_cannot_be_written_is_a_failure(message, tmp_path):
    (tmp_path / "mail").write_text("a file")
    with pytest.raises(MailFailed):
        send((tmp_path / "mail").as_uri(), message)
