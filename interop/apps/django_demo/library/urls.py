from django.urls import path

from django_demo.library import views

urlpatterns = [
    path("", views.BookList.as_view(), name="books"),
    path("books.csv", views.catalogue, name="catalogue"),
    path("books/<slug:slug>/", views.BookDetail.as_view(), name="book"),
    path("authors/<int:pk>/", views.AuthorDetail.as_view(), name="author"),
]
